"""What the components' own metrics say is wrong with them, as the Prometheus of the stack has it.

Source: the alerts of the official mixins (https://monitoring.mixins.dev/): prometheus, alertmanager, loki, promtail,
alloy, node-exporter.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from stack.components import COMPONENTS
from stack.records.exposition.exposition import Exposition
from stack.text.plain_yaml import plain_yaml


@dataclass(frozen=True, slots=True)
class OwnSample:
    """A series that shows a fault: `value` is that of a gauge, of a counter what it gained within the window."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: float

    @property
    def place(self) -> str:
        """Whose it is: its instance, with what else tells it from other series of the metric."""
        labels = {name: value for name, value in self.labels if name not in ("job", "instance")}
        more = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
        instance = dict(self.labels).get("instance", "")
        return f"{instance} ({more})" if more else instance


@dataclass(frozen=True, slots=True)
class OwnMetrics:
    """The own metrics of one component: `exposed` are those of interest that it has, `samples` their values.

    `lost` are gauges that it had within `window_s` and that have no value in the last 15 minutes. Counters that gained
    nothing within `window_s` seconds are left out.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(name for name, info in COMPONENTS.items() if info.scraped)

    component: str
    exposed: frozenset[str]
    samples: tuple[OwnSample, ...]
    window_s: float = 3600.0
    lost: frozenset[str] = frozenset()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return "" if self.exposed or self.lost else f"Prometheus has no metrics of {self.component} on its own faults"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML: `component`, `lost`, and `samples` in the text format's notation; their metrics are exposed."""
        data = plain_yaml(text)
        lines = "".join(f"{line}\n" for line in data.get("samples", ()))
        samples = tuple(OwnSample(one.name, one.labels, one.value) for one in Exposition.parse(lines).samples())
        exposed = frozenset([*data.get("exposed", ()), *(sample.metric for sample in samples)])
        return cls(data["component"], exposed, samples, lost=frozenset(data.get("lost", ())))
