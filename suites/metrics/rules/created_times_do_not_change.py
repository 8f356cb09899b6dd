"""The creation time of a series changes only when the series restarts.

Judged over two scrapes. `_created` tells Prometheus that a counter began at 0: one that moves with every scrape makes
each of them look like a restart. Section "Counter" of OpenMetrics 1.0.
"""

from collections.abc import Iterator
from operator import itemgetter

from stack.records.exposition.model import Format
from stack.records.scrape.pair import START_TIME, ScrapePair, sample_kind
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.metrics.helpers.pairs import COUNTER_LIKE, declared, own_labels, require_comparable

HEAD = "# TYPE a counter\n"


@rule(
    Good(HEAD + "a_total 1\na_created 100\n# EOF\n--- 15 s later\n" + HEAD + "a_total 2\na_created 100\n# EOF\n"),
    Good(HEAD + "a_total 9\na_created 100\n# EOF\n--- 15 s later\n" + HEAD + "a_total 1\na_created 110\n# EOF\n"),
    Bad(
        HEAD + "a_total 1\na_created 100\n# EOF\n--- 15 s later\n" + HEAD + "a_total 2\na_created 115\n# EOF\n",
        "`a_created` changed by 15 s within 15 s although the series did not restart",
    ),
    Unjudged(
        "# TYPE a_total counter\na_total 1\n--- 15 s later\n# TYPE a_total counter\na_total 2\n",
        NotApplicable("no series of an OpenMetrics exposition has a `_created` time"),
    ),
    Unjudged(
        HEAD + "a_total 1\n# EOF\n--- 15 s later\n" + HEAD + "a_total 2\n# EOF\n",
        NotApplicable("no series of an OpenMetrics exposition has a `_created` time"),
    ),
    Unjudged(
        f"{HEAD}a_total 1\na_created 100\n{START_TIME} 100\n# EOF\n--- 15 s later\n"
        f"{HEAD}a_total 1\na_created 200\n{START_TIME} 200\n# EOF\n",
        NotCollected("the process restarted between the two scrapes"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#counter-1",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    created = [
        family
        for family in (declared(pair.before, *COUNTER_LIKE) if pair.before.format is Format.OPENMETRICS else ())
        if f"{family.name}_created" in map(itemgetter(0), family.samples)
    ]
    require_comparable(pair, created, "no series of an OpenMetrics exposition has a `_created` time")
    for family, _ in pair.families():
        if family.type not in COUNTER_LIKE or family.format is not Format.OPENMETRICS:
            continue
        reset = {
            own_labels(family, before.labels)
            for before, after in pair.changes(family)
            if after and after.value < before.value and sample_kind(family, before) in ("_total", "_count")
        }
        for before, after in pair.changes(family):
            moved = sample_kind(family, before) == "_created" and after and after.value != before.value
            if moved and after and frozenset(before.labels) not in reset:
                yield Finding(
                    f"`{before.series}` changed by {after.value - before.value:g} s within {pair.seconds:g} s "
                    "although the series did not restart",
                    Where(series=before.series, line=after.line),
                    "set it once, when the series is created",
                )
                break
