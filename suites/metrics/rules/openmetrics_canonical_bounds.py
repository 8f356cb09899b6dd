"""Bounds and quantiles are written as floats, `1.0` and not `1`.

They are labels: `le="1"` and `le="1.0"` are two series, and a query that names one of them misses the other as soon as
the library or the format changes. Sections: "Numbers", "Considerations: Canonical Numbers".
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, where_label

LABELS = {"histogram": "le", "gaugehistogram": "le", "summary": "quantile"}
INTEGER = re.compile(r"[+-]?[0-9]+")


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="1e+06"} 1\nh_bucket{le="+Inf"} 1\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="5"} 1\nh_bucket{le="+Inf"} 1\n# EOF\n',
        "`h` writes 2 values of `le` as integers, first `1`",
    ),
    Bad('# TYPE s summary\ns{quantile="1"} 1\n# EOF\n', "`s` writes 1 value of `quantile` as an integer, first `1`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    for family in families_of(exposition):
        label = LABELS.get(family.type, "")
        values = [value for value in exposition.label_values[family.name].get(label, {}) if INTEGER.fullmatch(value)]
        if values:
            amount = (
                f"{len(values)} values of `{label}` as integers"
                if len(values) > 1
                else f"1 value of `{label}` as an integer"
            )
            yield Finding(
                f"`{family.name}` writes {amount}, first `{values[0]}`",
                where_label(family, label, values[0]),
                f"append `.0` to whole numbers: `{values[0]}.0`",
            )
