"""How Alertmanager and Loki's ruler are started: which files reach them, and by which address they are reached.

Source: https://prometheus.io/docs/alerting/latest/alertmanager/ and https://grafana.com/docs/loki/latest/alert/
"""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class AlertmanagerSetup(FromYaml):
    """What the compose file starts Alertmanager with, and how Prometheus and Loki reach it.

    `config_file` is where it reads its configuration, `mounted` what is mounted into the container, as pairs of a path
    of this machine and one in the container. `prefix` is the path that it serves under, `/` as a rule;
    `path_prefixes` are those that its clients use, each with its client.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("alertmanager",)

    config_file: str = ""
    mounted: tuple[tuple[str, str], ...] = ()
    file: str = "alertmanager/alertmanager.yml"
    prefix: str = "/"
    path_prefixes: tuple[tuple[str, str], ...] = ()
    compose_file: str = "docker-compose.yml"
    line: int | None = None

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it."""
        return "" if self.config_file else "no compose file starts an Alertmanager"


@dataclass(frozen=True, slots=True)
class Ruler(FromYaml):
    """Loki's ruler and the files that it is given.

    `directory` is where it reads rules (`ruler.storage.local.directory`), empty where they are stored elsewhere.
    `files` are relative to it; `alerts` and `records` count the rules in them. `tenants` is whether Loki has more than
    one. `rule_path` is where it unpacks rules to evaluate them. `remote_write` is whether it writes what rules record,
    `writes_to` to how many stores. `problem` is why Loki's file cannot be read.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("loki",)

    directory: str = ""
    files: tuple[str, ...] = ()
    alerts: int = 0
    tenants: bool = False
    alertmanager_url: str = ""
    file: str = "loki-config.yaml"
    line: int | None = None
    records: int = 0
    rule_path: str = ""
    remote_write: bool = False
    writes_to: int = 0
    problem: str = ""

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it."""
        return "" if self.files else "Loki's ruler is given no rules"


@dataclass(frozen=True, slots=True)
class RuleTest:
    """What one test of rules expects of an alert: the name, and whether it expects it to fire."""

    alert: str
    fires: bool
    line: int | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class RuleTests(FromYaml):
    """One file of tests for `promtool test rules`: what it tests, and which alerts its rule files have.

    `missing` are the rule files that it names and that are not there.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    file: str
    tests: tuple[RuleTest, ...] = ()
    alerts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it."""
        return "" if self.tests or self.missing or self.problems else f"{self.file} tests no alert"
