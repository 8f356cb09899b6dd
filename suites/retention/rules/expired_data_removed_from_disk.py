"""Data older than seven days is removed from disk.

Data that no query returns but that is still in the store fills the disk, and anyone with access to its files can read
it.
"""

from collections.abc import Iterator

from stack.records.retention.trial import RetentionTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

LOKI = "component: loki\nthings: lines\nfiles: chunk files\nretention: 168h\n"
KEPT = "{written: 4, queryable: 4, identical: 4, files_before: 2, files_left: 2}"
HINTS = {
    "loki": "look for errors of the compactor's sweeper in Loki's log; it needs write access to the object store",
    "prometheus": "look for `Failed to delete` in Prometheus' log; it needs write access to its data directory",
}


@rule(
    Good(f"{LOKI}ages: {{8d: {{written: 4, queryable: 0, identical: 0, files_before: 2, files_left: 0}}, 6d: {KEPT}}}"),
    Bad(
        f"{LOKI}ages: {{8d: {{written: 4, queryable: 0, identical: 0, files_before: 2, files_left: 2}}, 6d: {KEPT}}}",
        "the store still holds lines older than seven days: 2 of 2 chunk files after 8 days",
    ),
    Bad(
        f"component: prometheus\nthings: samples\nfiles: blocks\nretention: 30d\nages: {{9d: {KEPT}, 8d: {KEPT}}}",
        "the store still holds samples older than seven days: 2 of 2 blocks after 9 days, 2 of 2 blocks after 8 days",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#compactor",
)
def check(trial: RetentionTrial) -> Iterator[Finding]:
    left = [group for group in trial.old if group.files_left]
    if left:
        counts = ", ".join(
            f"{group.files_left} of {group.files_before} {trial.files} after {group.name}" for group in left
        )
        hint = HINTS[trial.component]
        if any(group.queryable for group in left):
            hint = f"the server reports a retention of `{trial.retention}`; set it to seven days"
        yield Finding(
            f"the store still holds {trial.things} older than seven days: {counts}",
            Where(file=trial.file or None, line=trial.line),
            hint=hint,
        )
