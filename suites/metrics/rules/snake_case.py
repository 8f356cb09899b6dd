"""Metric and label names are written in snake_case.

With one spelling everywhere a reader need not guess between `httpRequests` and `http_requests`.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, where, where_label

CAMEL_CASE = re.compile("(?<=[a-z])(?=[A-Z])")


@rule(
    Good('http_requests_total{status_code="200"} 1\n'),
    Bad("httpRequests_total 1\n", "metric name `httpRequests_total` is not in snake_case"),
    Bad(
        'http_requests_total{statusCode="200"} 1\n',
        "label name `statusCode` of `http_requests_total` is not in snake_case",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    families = families_of(exposition)
    labels = set(filter(CAMEL_CASE.search, exposition.label_names))
    for family in families:
        name = family.exposed_name
        if not name.islower() and CAMEL_CASE.search(name):
            yield Finding(
                f"metric name `{name}` is not in snake_case", where(family), f"rename it `{snake_case(name)}`"
            )
        for label in exposition.label_values[family.name] if labels else ():
            if label in labels:
                yield Finding(
                    f"label name `{label}` of `{name}` is not in snake_case",
                    where_label(family, label),
                    f"rename the label `{snake_case(label)}`",
                )


def snake_case(name: str) -> str:
    """The name with underscores between its words."""
    return CAMEL_CASE.sub("_", name).lower()
