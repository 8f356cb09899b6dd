"""The ruler does not unpack rules where they are kept.

It empties the folder `rule_path` when it starts. Where that is the folder of the rules themselves, they are gone.
"""

from collections.abc import Iterator

from stack.records.alerts.setup import Ruler
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{files: [fake/a.yml], directory: /loki/rules, rule_path: /loki/rules-temp}"),
    Bad(
        "{files: [fake/a.yml], directory: /loki/rules, rule_path: /loki/rules}",
        "`ruler.rule_path` is `/loki/rules`, where the rules are kept: the ruler empties it when it starts",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/configure/#ruler",
)
def check(ruler: Ruler) -> Iterator[Finding]:
    if not ruler.directory or not ruler.rule_path:
        raise NotApplicable("it is not known where the ruler keeps and unpacks rules")
    if ruler.rule_path == ruler.directory:
        message = f"`ruler.rule_path` is `{ruler.rule_path}`, where the rules are kept: the ruler empties it when it"
        yield Finding(f"{message} starts", Where(file=ruler.file), f"`rule_path: {ruler.directory}-temp`")
