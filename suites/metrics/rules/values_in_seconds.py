"""A time under a name in seconds is in seconds.

Milliseconds since 1970 read as seconds are a time some 50,000 years ahead: every age computed from it is wrong, and
alerts on it never fire.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

OUR_DAYS = range(1_000_000_000, 2_500_000_000)
"""Seconds since 1970: the years 2001 to 2049."""
UNITS = (("milliseconds", 1000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000))


@rule(
    Good("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.732700000123e+09\n"),
    Good("# TYPE app_timeout_seconds gauge\napp_timeout_seconds 9.223372036854775807e+18\n"),
    Bad(
        "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1732700000123\n",
        "`process_start_time_seconds` is 1732700000123, a time in milliseconds",
    ),
    Unjudged(
        "# TYPE app_busy_seconds counter\napp_busy_seconds_total 1732700000123\n# EOF\n",
        NotApplicable("the metric is no gauge in seconds, or has no series"),
    ),
    only=lambda family: family.name.endswith("_seconds") and family.samples and family.type in ("gauge", "unknown"),
    otherwise="the metric is no gauge in seconds, or has no series",
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#base-units",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    for sample in family.samples:
        for unit, factor in UNITS:
            if OUR_DAYS.start <= sample.value / factor < OUR_DAYS.stop:
                yield Finding(
                    f"`{sample.series}` is {sample.value:.0f}, a time in {unit}",
                    Where(series=sample.series, line=sample.line),
                    f"divide by {factor:,}",
                )
                return
