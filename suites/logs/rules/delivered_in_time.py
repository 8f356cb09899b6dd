"""Lines can be queried within seconds of being written.

The lines of a failing request are needed while it fails; an alert on logs that is minutes late is too late.
"""

import math
from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import due, need_log

EMITTED = """emitted: ['{"ts":1.5}', '{"ts":2.5}', '{"ts":3.5}']\nbudget: 5\n"""

UNSEEN = "the store was asked too late to tell how long lines took"


@rule(
    Good(EMITTED + "arrivals: [[0, 0.4], [0.2, 0.7], [0.1, 9]]\n"),
    Good(EMITTED + "arrivals: [[0, 9], [0.2, 14], [0.1, 9]]\ncontention: 3\n"),
    Bad(
        EMITTED + "arrivals: [[0.1, 0.3], [17.5, 17.8], [6.0, 6.1]]\ncontention: 3\n",
        "5 % of the lines took at least 17.5 s to be found; 5 s are allowed",
    ),
    Bad(
        EMITTED + "arrivals: [[0.1, 0.3], [7.5, 7.8], [6.0, 6.1]]\n",
        "5 % of the lines took at least 7.5 s to be found; 5 s are allowed",
    ),
    Unjudged(EMITTED + "arrivals: [[0, 40], [0.1, 6], [0, 7]]\n", NotApplicable(UNSEEN)),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/configuration/#clients",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    # Only proven delays count: how long each line was certainly not there.
    due(delivery)
    arrivals = [arrival for arrival in delivery.arrivals if arrival is not None]
    proven = sorted(arrival.not_before_s for arrival in arrivals)
    if not proven:
        raise NotApplicable("no line was watched on its way")
    slow = proven[math.ceil(0.95 * len(proven)) - 1]
    within = delivery.latency_budget_s * delivery.contention
    if delivery.latency_budget_s < slow <= within:
        raise NotApplicable(f"with {delivery.contention:.0f} processes that want each core, {slow:.1f} s say nothing")
    if slow > delivery.latency_budget_s:
        yield Finding(
            f"5 % of the lines took at least {slow:.1f} s to be found; {delivery.latency_budget_s:g} s are allowed",
            Where(file=delivery.lines[0].file),
            f"lower `target_config.sync_period` and `clients.batchwait` in {delivery.agent}, and see whether the "
            "store is short "
            "of CPU or refuses pushes (`promtail_client_request_duration_seconds`, by status code)",
        )
    elif all(arrival.seen_s > within for arrival in arrivals):
        raise NotApplicable(UNSEEN)
