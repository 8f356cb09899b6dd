"""Matchers with `=` compare with texts, not with patterns.

`severity="critical|page"` is no alternative: no alert has that text, and all take the next route. Neither is `==` an
operator: the second `=` belongs to the text.
"""

import re
from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.routing import all_matchers
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

_PATTERN = re.compile(r"\.[*+]|\w\|\w")


def config(matcher: str) -> str:
    return f"{{route: {{receiver: a, routes: [{{matchers: [{matcher}]}}]}}, receivers: [{{name: a}}]}}"


@rule(
    Good(config("severity=critical, 'job=~\"a|b.*\"', path=a.b")),
    Bad(
        "{route: {receiver: a, routes: [{match: {severity: critical|page}}]}, receivers: [{name: a}]}",
        'the route `{severity="critical|page"}` → `a`: `severity` is compared with the text `critical|page`',
    ),
    Bad(
        config("severity==critical"),
        'the route `{severity="=critical"}` → `a`: `severity` is compared with the text `=critical`',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#matcher",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    found = list(all_matchers(config))
    if not found:
        raise NotApplicable(f"{config.file} has no matchers")
    for what, line, one in found:
        if one.sign in ("=", "!=") and (_PATTERN.search(one.value) or one.value.startswith("=")):
            value = one.value.removeprefix("=").strip()
            sign = ("=~" if one.sign == "=" else "!~") if _PATTERN.search(value) else one.sign
            message = f"{what}: `{one.name}` is compared with the text `{one.value}`"
            yield Finding(message, Where(file=config.file, line=line), f'`{one.name}{sign}"{value}"`')
