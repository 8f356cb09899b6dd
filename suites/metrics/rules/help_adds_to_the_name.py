"""The help text says more than the name.

`http_requests_total: HTTP requests total` adds nothing; one sentence on what is counted, when and where helps a
reader.
"""

import re
from collections.abc import Iterable

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where

WORD = re.compile(r"[a-z0-9]+")
FIRST_WORD = re.compile(r"[a-zA-Z0-9]+")
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
def check(family: MetricFamily) -> Iterable[Finding]:
    name, text = family.exposed_name, family.help or ""
    lowered, first = name.lower(), FIRST_WORD.search(text)
    if first and (word := first[0].lower()) not in lowered and word not in FILLERS:
        return ()  # as nearly always: there may be very many families
    words = set(WORD.findall(text.lower()))
    if not words or not words <= {*WORD.findall(lowered), *FILLERS} or of_library(family):
        return ()
    finding = Finding(
        f"the help text of `{name}` only repeats the name",
        where(family),
        "describe what is counted or measured, when, and what the labels distinguish",
    )
    return (finding,)
