"""The help text says more than the name.

`http_requests_total: HTTP requests total` adds nothing; one sentence on what is counted, when and where helps a
reader.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where

WORD = re.compile(r"[a-z0-9]+")
FILLERS = frozenset({"the", "of", "a", "metric"})


@rule(
    Good("# HELP http_requests_total Requests answered, by status code.\nhttp_requests_total 1\n"),
    Good("# HELP process_working_set_bytes Process working set.\nprocess_working_set_bytes 1\n"),
    Bad(
        "# HELP http_requests_total HTTP requests total.\nhttp_requests_total 1\n",
        "the help text of `http_requests_total` only repeats the name",
    ),
    only=lambda family: family.help,
    otherwise="the metric has no help text",
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#help-strings",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    lowered, words = name.lower(), WORD.findall((family.help or "").lower())
    for word in words:  # nearly always the first or second one
        if word not in lowered and word not in FILLERS:
            return
    if words and set(words) <= {*WORD.findall(lowered), *FILLERS} and not of_library(family):
        yield Finding(
            f"the help text of `{name}` only repeats the name",
            where(family),
            "describe what is counted or measured, when, and what the labels distinguish",
        )
