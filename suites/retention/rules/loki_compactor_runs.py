"""Loki's compactor has applied retention recently.

Only the compactor deletes. Where it is stuck or was never started, logs pile up and no request fails.
"""

from collections.abc import Iterator

from stack.records.retention.running import LAST_SUCCESS, CompactorRuns, words
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

EVERY = "now: 100000\nstarted: 0\ninterval_s: 900\n"
LATE = 3
"""Intervals that may pass between two runs: one is due, one is late, one is being worked on."""


@rule(
    Good(EVERY + "last_success: 99500\nsucceeded: 111"),
    Bad(EVERY + "last_success: 0", "the compactor has not applied retention since Loki started 27h 47m ago"),
    Bad(
        EVERY + "last_success: 82000\nsucceeded: 90\nfailed: 19",
        "the compactor last applied retention 5h ago, its interval is 15m; 19 runs failed",
    ),
    Bad(EVERY + "last_success: null", f"Loki does not expose `{LAST_SUCCESS}`"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#compactor",
)
def check(runs: CompactorRuns) -> Iterator[Finding]:
    failed = f"; {runs.failed} runs failed" if runs.failed else ""
    hint = "look for `component=compactor` and `failed to apply retention` in Loki's log"
    if runs.last_success is None:
        message = f"Loki does not expose `{LAST_SUCCESS}`"
        hint = "query the instance that runs the compactor: `-target=all` or `-target=backend`"
    elif not runs.last_success:
        message = f"the compactor has not applied retention since Loki started {words(runs.uptime_s)} ago{failed}"
        hint = "compactor: {retention_enabled: true}; " + hint
    elif runs.now - runs.last_success > LATE * runs.interval_s:
        ago, every = words(runs.now - runs.last_success), words(runs.interval_s)
        message = f"the compactor last applied retention {ago} ago, its interval is {every}{failed}"
    else:
        return
    yield Finding(message, Where(url="/metrics", series=LAST_SUCCESS), hint)
