"""The help text says more than the name.

`http_requests_total: HTTP requests total` adds nothing; one sentence on what is counted, when and where helps a
reader.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.metrics.helpers.families import where

WORD = re.compile(r"[a-z0-9]+")


@rule(
    Good("# HELP http_requests_total Requests answered, by status code.\nhttp_requests_total 1\n"),
    Bad(
        "# HELP http_requests_total HTTP requests total.\nhttp_requests_total 1\n",
        "the help text of `http_requests_total` only repeats the name",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#help-strings",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    if not family.help:
        raise NotApplicable("the metric has no help text")
    name = family.exposed_name
    words = WORD.findall((family.help or "").lower())
    if words and set(words) <= {*WORD.findall(name.lower()), "the", "of", "a", "metric"}:
        yield Finding(
            f"the help text of `{name}` only repeats the name",
            where(family),
            "describe what is counted or measured, when, and what the labels distinguish",
        )
