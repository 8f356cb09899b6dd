"""No stored line is from the future.

A service or an agent whose clock is ahead writes lines that queries up to now do not return, and causes come after
their effects.
"""

from collections.abc import Iterator

from stack.records.logs.stored import StoredActivity
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

LINES = "selector: '{app=\"shop\"}'\nwindow_s: 3600\nnewest_age_s: "


@rule(
    Good(LINES + "2"),
    Good(LINES + "-1"),
    Bad(LINES + "-420", 'the newest line of `{app="shop"}` is 420 s ahead of now'),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/configure/#limits_config",
)
def check(activity: StoredActivity) -> Iterator[Finding]:
    if activity.newest_age_s is None:
        raise NotApplicable("the log store has no line of it")
    if activity.ahead:
        yield Finding(
            f"the newest line of `{activity.selector}` is {-activity.newest_age_s:.0f} s ahead of now",
            Where(series=activity.selector),
            hint="run an NTP client on its machine, and check the time zone that it writes",
        )
