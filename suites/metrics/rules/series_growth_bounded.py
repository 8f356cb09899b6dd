"""Traffic does not create an unbounded number of series.

Judged over two scrapes with requests in between: a metric that gained about one label value per request will gain one
for every further request, until memory runs out. Requests that differ may each add one value, once.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.metrics.helpers.families import is_info, labels_of, where_label

ENOUGH_REQUESTS = 5
SHARE, FRESH_SHARE = 0.5, 0.8
"""New values per request; more is tolerated where the first traffic ever brings the known routes and codes."""


@rule(
    Good('jobs_total{q="a"} 1\n--- 1 s later, 5 requests sent\njobs_total{q="a"} 3\njobs_total{q="b"} 3\n'),
    Bad(
        'jobs_total{id="0"} 1\n--- 1 s later, 5 requests sent\n'
        + "".join(f'jobs_total{{id="{i}"}} 1\n' for i in range(6)),
        "label `id` of `jobs_total` gained 5 values in 5 requests",
    ),
    Good(
        'jobs_total{q="a"} 1\n--- 1 s later, 8 requests sent of 6 kinds\n'
        + "".join(f'jobs_total{{q="{q}"}} 1\n' for q in "abcdefg"),
    ),
    Bad(
        "up 1\n--- 1 s later, 12 requests sent\n" + "".join(f'jobs_total{{id="{i}"}} 1\n' for i in range(12)),
        "label `id` of `jobs_total` gained 12 values in 12 requests",
    ),
    Bad(
        'jobs_total{id="0"} 1\n--- 1 s later, 12 requests sent, 7 unanswered\n'
        + "".join(f'jobs_total{{id="{i}"}} 1\n' for i in range(6)),
        "label `id` of `jobs_total` gained 5 values in 5 requests",
    ),
    Unjudged(
        "jobs_total 1\n--- 1 s later, 6 requests sent, 6 unanswered\njobs_total 1\n",
        NotCollected("6 of 6 requests were not answered, so growth was not provoked"),
    ),
    Unjudged(
        "jobs_total 1\n--- 1 s later, 4 requests sent\njobs_total 1\n",
        NotApplicable("fewer than 5 requests were sent between the scrapes"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/naming/#labels",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    if pair.sent is None or pair.sent < ENOUGH_REQUESTS:
        raise NotApplicable(f"fewer than {ENOUGH_REQUESTS} requests were sent between the scrapes")
    answered = pair.sent - pair.unanswered
    if answered < ENOUGH_REQUESTS:
        raise NotCollected(f"{pair.unanswered} of {pair.sent} requests were not answered, so growth was not provoked")
    for family, labels in labels_of(pair.after, only=lambda family: len(family.samples) >= ENOUGH_REQUESTS):
        before = pair.before.label_values.get(family.name, {})
        for label, values in labels.items():
            known = before.get(label, {})
            new = [value for value in values if value not in known]
            bound = (
                max(ENOUGH_REQUESTS, SHARE * answered) if known else max(2 * ENOUGH_REQUESTS, FRESH_SHARE * answered)
            )
            if len(new) >= bound and len(new) > pair.kinds and not is_info(family):
                yield Finding(
                    f"label `{label}` of `{family.exposed_name}` gained {len(new)} values in {answered} requests",
                    where_label(family, label, new[0]),
                    f"reduce `{label}` to a few known values: the route's pattern instead of the path, no ids",
                )
