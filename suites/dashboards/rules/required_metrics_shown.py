"""Every metric that a service promises is on a dashboard.

A catalog entry requires the metrics that people need. One that no query selects is looked for only when something is
wrong, by those who know its name.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.shown import ShownMetrics
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

_PATTERN = re.compile(r'__name__\s*=~\s*"((?:\\.|[^"\\])*)"')


@rule(
    Good(
        "service: storage\nrequired: [storage_stored_bytes, storage_duration_seconds, storage_build_info]\n"
        "queries: ['sum(storage_stored_bytes)', "
        "'rate(storage_duration_seconds_sum[5m])', '{__name__=~\".+_build_info\"}']"
    ),
    Bad(
        "service: storage\nrequired: [storage_objects]\n"
        "queries: [sum(storage_objects_total), 'count(my_storage_objects)']",
        "no dashboard shows `storage_objects` of storage",
    ),
    level=Level.SHOULD,
    source="https://sre.google/sre-book/monitoring-distributed-systems/",
)
def check(metrics: ShownMetrics) -> Iterator[Finding]:
    if not metrics.required or not metrics.queries:
        raise NotApplicable("no metric is required, or there is no dashboard")
    text = "\n".join(metrics.queries)
    named = set(re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", text))
    patterns = _PATTERN.findall(text)
    for name in metrics.required:
        series = {name, *(f"{name}_{part}" for part in ("bucket", "sum", "count"))}
        if not series & named and not any(_matches(pattern, name) for pattern in patterns):
            hint = "put it on a panel of the service's dashboard, or take it out of `metrics.required`"
            yield Finding(f"no dashboard shows `{name}` of {metrics.service}", hint=hint)


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False
