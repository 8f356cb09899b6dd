"""A metric family is exposed once.

The second of two families of one name is refused, or overwrites the first. Sections: "Name", "MetricSet".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# EOF\n"),
    Bad(
        '# TYPE a gauge\na{x="1"} 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x="2"} 1\n# EOF\n',
        "metric family `a` is exposed more than once",
    ),
    Bad(
        "# TYPE a gauge\na 1\n# TYPE a counter\na_total 1\n# EOF\n",
        "gauge `a` and counter `a` are two metric families of one name",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metricset",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(exposition, "duplicate_family", _message, _hint)


def _message(fault: Fault) -> str:
    if "second" in fault.detail:
        return "{first} `{name}` and {second} `{name}` are two metric families of one name".format(**fault.detail)
    return f"metric family `{fault.detail['name']}` is exposed more than once"


def _hint(fault: Fault) -> str:
    if "counter" in (fault.detail.get("first"), fault.detail.get("second")):
        return (
            "OpenMetrics names a counter's family without `_total`, so rename one of the two metrics; Go's client "
            "library has such a pair of its own, `go_memstats_alloc_bytes`: leave OpenMetrics off in its handler "
            "(`EnableOpenMetrics`), or the old memory metrics out of its collector"
        )
    return "put all samples of a name under one family; concatenated expositions often have two"
