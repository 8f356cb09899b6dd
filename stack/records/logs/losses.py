"""What the agent and the store counted of lines that were not stored, from their own metrics.

Sources: https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/ (Loki's reasons), and the
metrics of Promtail 3.6 and Alloy 1.8, which differ in their names only.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

_SAMPLE = re.compile(r"^(\w+)\{([^\n]*)\} ([0-9.e+]+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

_COUNTERS = {
    "loki_discarded_samples_total": ("refused", "reason"),
    **dict.fromkeys(("promtail_dropped_entries_total", "loki_write_dropped_entries_total"), ("dropped", "reason")),
    **dict.fromkeys(("logentry_dropped_lines_total", "loki_process_dropped_lines_total"), ("stages", "reason")),
    **dict.fromkeys(
        ("promtail_request_duration_seconds_count", "loki_write_request_duration_seconds_count"),
        ("answers", "status_code"),
    ),
    **dict.fromkeys(("promtail_read_lines_total", "loki_source_file_read_lines_total"), ("read", "path")),
}
"""By name of a counter, the part that it fills and the label that it is counted by."""


@dataclass(frozen=True)
class Losses:
    """Counts since the servers started, of all services together.

    `refused`: lines by the store's reason, once for each attempt. `dropped`: lines that the agent gave up, by its
    reason. `stages`: lines that stages of its pipeline dropped, by their reason. `answers`: pushes by HTTP status, `-1`
    for none. `read`: lines by file. `agent_known`: whether the agent's metrics could be read.
    """

    refused: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, int] = field(default_factory=dict)
    read: Mapping[str, int] = field(default_factory=dict)
    agent_known: bool = True

    @classmethod
    def parse(cls, store: str, agent: str | None = None) -> Self:
        """Read the metrics of the store and of the agent, in the text format; other metrics in them are ignored."""
        counts: dict[str, Any] = {**_counts(agent or ""), **_counts(store)}
        return cls(**counts, agent_known=agent is not None)

    def since(self, before: Self) -> Self:
        """What was counted after `before`, and all files that were ever read."""
        return replace(
            self,
            refused=Counter(self.refused) - Counter(before.refused),
            dropped=Counter(self.dropped) - Counter(before.dropped),
            stages=Counter(self.stages) - Counter(before.stages),
            answers=Counter(self.answers) - Counter(before.answers),
        )

    @property
    def refused_pushes(self) -> int:
        """How many pushes the store refused as a whole, whatever was in them."""
        return sum(self.answers.get(status, 0) for status in ("401", "403", "404", "405"))


def _counts(text: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, labels, value in _SAMPLE.findall(text):
        if name in _COUNTERS and float(value):
            part, label = _COUNTERS[name]
            found[part][dict(_LABEL.findall(labels)).get(label, "")] += round(float(value))
    return found
