"""Info metrics have the value 1.

`_info` metrics are multiplied with others in queries to add their labels; any other value changes the result. What
ends in `_info` and has no labels is something else, such as a setting of that name.
"""

from collections.abc import Iterator
from operator import attrgetter

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

labels = attrgetter("labels")


@rule(
    Good('# TYPE app_build_info gauge\napp_build_info{version="1.2"} 1\n'),
    Bad(
        '# TYPE app_build_info gauge\napp_build_info{version="1.2"} 7\n',
        "info metric `app_build_info` has the value 7 instead of 1",
    ),
    Bad(
        '# TYPE app_build_info counter\napp_build_info{version="1.2"} 1\n',
        "info metric `app_build_info` is a counter instead of a gauge",
    ),
    Unjudged(
        "# TYPE db_sync_relay_log_info gauge\ndb_sync_relay_log_info 10000\n",
        NotApplicable("the metric is no `_info` with labels, or of type info, which `openmetrics-info-value` judges"),
    ),
    only=lambda family: family.name.endswith("_info") and family.type != "info" and any(map(labels, family.samples)),
    otherwise="the metric is no `_info` with labels, or of type info, which `openmetrics-info-value` judges",
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    if family.type not in ("gauge", "unknown"):
        message = f"info metric `{family.name}` is a {family.type} instead of a gauge"
        yield Finding(message, Where(series=family.name, line=family.type_line), "expose it as a gauge of value 1")
        return
    for sample in family.samples:
        if sample.value != 1:
            message = f"info metric `{family.name}` has the value {sample.value:g} instead of 1"
            hint = "set its value to 1 and put the facts into labels"
            yield Finding(message, Where(series=sample.series, line=sample.line), hint)
            return
