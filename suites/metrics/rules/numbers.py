"""Values are decimal numbers, `NaN`, `+Inf` or `-Inf`.

Prometheus refuses the scrape for anything else, `true`, `1,5`, `0x10` and `1_000` included, and for numbers too large
for 64-bit floating point. Timestamps of OpenMetrics are numbers too, but finite. Sections: OpenMetrics "ABNF",
"Numbers"; text format "Line format" (value).
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1\nb -1.5e-07\nc NaN\nd +Inf\ne .5\nf 0042\n"),
    Bad("a true\n", "`true` in a sample of `a` is not a valid number"),
    Bad('a{b="c"} 1,5\n', "`1,5` in a sample of `a` is not a valid number"),
    Bad("a 0x10\n", "`0x10` in a sample of `a` is not a valid number"),
    Bad("a 1e999\n", "`1e999` in a sample of `a` is not a valid number"),
    Bad("a 1_000\n# EOF\n", "`1_000` in a sample of `a` is not a valid number"),
    Bad("a 1 NaN\n# EOF\n", "`NaN` in a sample of `a` is not a valid number"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#numbers",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_number",
        "`{token}` in a sample of `{0}` is not a valid number",
        "format values in the C locale, without grouping; booleans as 1 and 0; missing values not at all",
    )
