"""Queries return no data older than seven days.

Broken retention looks like working retention until someone checks. A test server with the shipped configuration gets
data of several ages, and must no longer return the old data afterwards.
"""

from collections.abc import Iterator

from stack.records.retention.trial import RetentionTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

LOKI = "component: loki\nthings: lines\nfiles: chunk files\n"
GONE = "{written: 4, queryable: 0, identical: 0, files_before: 2, files_left: 0}"
KEPT = "{written: 4, queryable: 4, identical: 4, files_before: 2, files_left: 2}"
SETTINGS = {
    "loki": "compactor: {retention_enabled: true} and limits_config: {retention_period: 168h}",
    "prometheus": "a retention time of 7d",
}


@rule(
    Good(f"{LOKI}retention: 168h\nages: {{9d: {GONE}, 169h: {GONE}, 167h: {KEPT}}}"),
    Bad(
        f"{LOKI}retention: 'off'\nages: {{9d: {KEPT}, 169h: {KEPT}, 167h: {KEPT}}}",
        "lines older than seven days are still returned by queries: 4 of 4 after 9 days, 4 of 4 after 7 days 1 hour",
    ),
    Bad(
        f"{LOKI}retention: 204h\nages: {{9d: {GONE}, 8d: {KEPT}, 1d: {KEPT}}}",
        "lines older than seven days are still returned by queries: 4 of 4 after 8 days",
    ),
    Unjudged(
        f"{LOKI}retention: 168h\nages: {{9d: {GONE}, 167h: {GONE}}}",
        NotCollected("queries return none of the younger lines either"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/",
)
def check(trial: RetentionTrial) -> Iterator[Finding]:
    left = [group for group in trial.old if group.queryable]
    if left:
        counts = ", ".join(f"{group.queryable} of {group.written} after {group.name}" for group in left)
        yield Finding(
            f"{trial.things} older than seven days are still returned by queries: {counts}",
            Where(file=trial.file or None, line=trial.line),
            hint=f"the server reports a retention of `{trial.retention}`; it needs {SETTINGS[trial.component]}",
        )
    elif not any(group.queryable for group in trial.young):
        raise NotCollected(f"queries return none of the younger {trial.things} either")
