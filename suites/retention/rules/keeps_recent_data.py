"""Data younger than seven days is complete and unchanged.

Deleting too much is noticed on the day on which last week's incident has to be explained.
"""

from collections.abc import Iterator

from stack.records.retention.trial import RetentionTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

LOKI = "component: loki\nthings: lines\nfiles: chunk files\nretention: 168h\n"
KEPT = "{written: 4, queryable: 4, identical: 4, files_before: 2, files_left: 2}"
GONE = "{written: 4, queryable: 0, identical: 0, files_before: 2, files_left: 0}"


@rule(
    Good(f"{LOKI}ages: {{8d: {GONE}, 167h: {KEPT}, 1d: {KEPT}}}"),
    Bad(
        f"{LOKI}ages: {{8d: {GONE}, 6d: {GONE}, 1d: {KEPT}}}",
        "lines younger than seven days are lost: 4 of 4 after 6 days",
    ),
    Bad(
        f"{LOKI}ages: {{1d: {{written: 4, queryable: 4, identical: 3, files_before: 2, files_left: 2}}}}",
        "lines younger than seven days were changed: 1 of 4 after 1 day",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/",
)
def check(trial: RetentionTrial) -> Iterator[Finding]:
    where = Where(file=trial.file or None, line=trial.line)
    lost = [group for group in trial.young if group.queryable < group.written]
    if lost:
        counts = ", ".join(f"{group.written - group.queryable} of {group.written} after {group.name}" for group in lost)
        hint = f"the server reports a retention of `{trial.retention}`; set it to seven days"
        yield Finding(f"{trial.things} younger than seven days are lost: {counts}", where, hint)
    changed = [group for group in trial.young if group.identical < group.queryable]
    if changed:
        counts = ", ".join(
            f"{group.queryable - group.identical} of {group.written} after {group.name}" for group in changed
        )
        hint = "compare what is pushed with what a query returns; limits such as `max_line_size` may truncate lines"
        yield Finding(f"{trial.things} younger than seven days were changed: {counts}", where, hint)
