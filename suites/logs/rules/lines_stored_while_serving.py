"""The lines of a service that serves requests arrive in the log store.

Old lines hide that an agent reads the wrong path, has stopped, or that a service's clock is behind: every query still
finds something.
"""

from collections.abc import Iterator

from stack.records.logs.stored import StoredActivity
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

SHARE = 6
"""A service may be silent for this part of the window, although it serves requests."""
SERVING = "selector: '{app=\"shop\"}'\nwindow_s: 3600\nrequests: 70\n"


@rule(
    Good(SERVING + "newest_age_s: 2"),
    Bad(SERVING, 'no line of `{app="shop"}` within 60 min, in which it served 70 requests'),
    Bad(
        SERVING + "arriving_age_s: 7210",
        'lines of `{app="shop"}` arrive with times 120 min back: its clock is behind or its agent late',
    ),
    Bad(SERVING + "newest_age_s: 1500", 'the newest line of `{app="shop"}` is 25 min old, and it serves requests'),
    Unjudged(
        "{selector: '{app=\"shop\"}', window_s: 3600, refused: true}",
        NotCollected("Prometheus did not say how many requests it served"),
    ),
    Unjudged(
        SERVING + "newest_age_s: -420",
        NotApplicable("its newest line is from the future, see `logs/stored-lines-not-from-the-future`"),
    ),
    level=Level.MUST,
    source="https://sre.google/sre-book/monitoring-distributed-systems/",
)
def check(activity: StoredActivity) -> Iterator[Finding]:
    if activity.refused:
        raise NotCollected("Prometheus did not say how many requests it served")
    if activity.requests is None:
        raise NotApplicable("Prometheus has no counter of its requests")
    if not activity.requests:
        raise NotApplicable("it served no request, so it need not have logged")
    where, age = Where(series=activity.selector), activity.newest_age_s
    hint = "see whether the agent runs and reads its files or container, under which labels, and check its clock"
    if age is None and activity.arriving_age_s is not None:
        back = _words(activity.arriving_age_s)
        yield Finding(
            f"lines of `{activity.selector}` arrive with times {back} back: its clock is behind or its agent late",
            where,
            "set the service's clock, or the time zone of its lines, or see why its agent is late",
        )
    elif age is None:
        yield Finding(
            f"no line of `{activity.selector}` within {_words(activity.window_s)}, in which it served "
            f"{activity.requests:.0f} requests",
            where,
            hint,
        )
    elif age > activity.window_s / SHARE:
        yield Finding(
            f"the newest line of `{activity.selector}` is {_words(age)} old, and it serves requests", where, hint
        )
    elif activity.ahead:
        raise NotApplicable("its newest line is from the future, see `logs/stored-lines-not-from-the-future`")


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
