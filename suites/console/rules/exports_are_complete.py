"""An export holds every line of its range, byte for byte as it is stored.

It goes to auditors, vendors and the next shift: nobody sees that a line is missing from it.
"""

from collections.abc import Iterator

from stack.records.console.lines import ConsoleExports
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("exports: [{form: txt, stored: 300, exported: 300}]"),
    Bad(
        "exports: [{form: txt, stored: 300, exported: 299, first_difference: line 17}, "
        "{form: csv, stored: 300, exported: 300, first_difference: line 4}]",
        "the export as txt has 299 of 300 lines; it first differs at line 17",
        "the export as csv differs from what is stored at line 4",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time",
)
def check(exports: ConsoleExports) -> Iterator[Finding]:
    for one in exports.exports:
        if one.stored != one.exported:
            yield Finding(
                f"the export as {one.form} has {one.exported} of {one.stored} lines; "
                f"it first differs at {one.first_difference or 'its end'}",
                Where(excerpt=one.first_difference),
                hint="look at where one page of the log store ends and the next begins",
            )
        elif one.first_difference:
            yield Finding(
                f"the export as {one.form} differs from what is stored at {one.first_difference}",
                hint="write the lines as they are, in the order of their times",
            )
