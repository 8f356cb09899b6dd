"""A service that answers with server errors has lines above level info in the log store.

Where an agent drops error lines, or files all lines under `info`, every panel and alert on errors stays quiet.
"""

from collections.abc import Iterator

from stack.records.logs.levels import level_of
from stack.records.logs.stored import StoredActivity
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

CALM = frozenset({"trace", "debug", "info"})
FAILED = "selector: '{app=\"shop\"}'\nwindow_s: 3600\nnewest_age_s: 2\nserver_errors: 12\nlines: "


@rule(
    Good(FAILED + "{info: 90, error: 9}"),
    Good(FAILED + "{info: 90, warn: 9}"),
    Bad(
        FAILED + "{info: 90, debug: 4}",
        'it answered 12 requests with 5xx, and `{app="shop"}` has lines at debug, info only',
    ),
    Unjudged(
        "{selector: '{app=\"shop\"}', window_s: 3600, refused: true}",
        NotCollected("Prometheus did not say how many requests it served"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#which-events-to-log",
)
def check(activity: StoredActivity) -> Iterator[Finding]:
    if activity.refused:
        raise NotCollected("Prometheus did not say how many requests it served")
    if not activity.server_errors:
        raise NotApplicable("Prometheus counts no server errors of it")
    levels = {level for level, number in activity.lines.items() if number}
    if not levels or any(level_of(level) is None for level in levels):
        raise NotApplicable("its lines are stored without a level, so it cannot be told which are errors")
    if {level_of(level) for level in levels} <= CALM:
        yield Finding(
            f"it answered {activity.server_errors:.0f} requests with 5xx, and `{activity.selector}` has lines at "
            f"{', '.join(sorted(levels))} only",
            Where(series=activity.selector),
            hint="let the service log what failed, and see that no stage of the agent drops or relabels it",
        )
