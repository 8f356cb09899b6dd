"""The request counter increases by the number of requests that were sent.

Only this rule compares the numbers with known traffic: it finds a middleware that misses errors, counts retries twice
or runs in one of two workers only.
"""

from collections.abc import Iterator

from stack.records.scrape.contract import MetricContract, total
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

CONTRACT = "moves: [{name: a_total, labels: {m: GET}, by: 3}]\n---\n"


@rule(
    Good(CONTRACT + 'a_total{m="GET"} 1\n--- 1 s later\na_total{m="GET"} 4\na_total{m="PUT"} 9\n'),
    Good(CONTRACT + 'a_total{m="PUT"} 1\n--- 1 s later\na_total{m="GET",c="200"} 1\na_total{m="GET",c="404"} 2\n'),
    Bad(
        CONTRACT + 'a_total{m="GET"} 1\n--- 1 s later\na_total{m="GET"} 3\n',
        '3 requests were sent, but `a_total{m="GET"}` increased by 2',
    ),
    Bad(CONTRACT + "b 1\n--- 1 s later\nb 1\n", '3 requests were sent, but `a_total{m="GET"}` is not exposed'),
    Unjudged("moves: []\n---\na_total 1\n", NotApplicable("no requests were sent that a counter should count")),
    Unjudged(CONTRACT + "a_total 1\n", NotCollected("there is no scrape from before the requests")),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/instrumentation/#online-serving-systems",
)
def check(contract: MetricContract) -> Iterator[Finding]:
    if not contract.contract.moves:
        raise NotApplicable("no requests were sent that a counter should count")
    if contract.before is None:
        raise NotCollected("there is no scrape from before the requests")
    for move in contract.contract.moves:
        inner = ",".join(f'{key}="{value}"' for key, value in move.labels)
        name = f"{move.name}{{{inner}}}" if inner else move.name
        requests = f"{move.by} request{'s were' if move.by != 1 else ' was'} sent, but `{name}`"
        after = total(contract.exposition, move)
        if after is None:
            yield Finding(f"{requests} is not exposed", hint="expose it from the start of the service, beginning at 0")
            continue
        # A series that was not exposed before counts as 0.
        moved = after - (total(contract.before, move) or 0.0)
        if moved != move.by:
            yield Finding(
                f"{requests} increased by {moved:g}",
                hint="count each request once, also those that fail; check for a route without the middleware, and for "
                "other traffic that carries the same labels (health checks, scrapes)",
            )
