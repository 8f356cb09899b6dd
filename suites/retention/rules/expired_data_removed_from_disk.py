"""Data older than seven days is removed from disk.

Data that no query returns but that is still in the store fills the disk, and anyone with access to its files can read
it.
"""

from collections.abc import Iterator

from stack.records.retention.trial import RetentionTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

LOKI = "component: loki\nthings: lines\nfiles: chunk files\nretention: 168h\n"
PROMETHEUS = "component: prometheus\nthings: samples\nfiles: blocks\n"
KEPT = "{written: 4, queryable: 4, identical: 4, files_before: 2, files_left: 2}"
HELD = "{written: 4, queryable: 0, identical: 0, files_before: 2, files_left: 2}"
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
        f"{PROMETHEUS}retention: 204h\nages: {{10d: {HELD}, 9d: {HELD}, 8d: {KEPT}}}",
        "the store still holds samples older than seven days: 2 of 2 blocks after 10 days, 2 of 2 blocks after 9 days",
    ),
    Unjudged(
        f"{PROMETHEUS}retention: 30d\nages: {{9d: {KEPT}, 8d: {KEPT}}}",
        NotApplicable("queries still return all samples older than seven days, which another rule reports"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#compactor",
)
def check(trial: RetentionTrial) -> Iterator[Finding]:
    # What queries still return cannot be gone: `expired-data-not-queryable` reports it.
    hidden = [group for group in trial.old if not group.queryable]
    left = [group for group in hidden if group.files_left]
    if left:
        counts = ", ".join(
            f"{group.files_left} of {group.files_before} {trial.files} after {group.name}" for group in left
        )
        yield Finding(
            f"the store still holds {trial.things} older than seven days: {counts}",
            Where(file=trial.file or None, line=trial.line),
            hint=HINTS[trial.component],
        )
    elif trial.old and not hidden:
        raise NotApplicable(
            f"queries still return all {trial.things} older than seven days, which another rule reports"
        )
