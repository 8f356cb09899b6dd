"""Histograms and summaries only grow, and their parts move together.

Judged over two scrapes. A bucket or count that falls reads as a restart; a sum that changes while the count stands
still, or the other way round, makes every average wrong. Sections "Histogram" and "Summary" of OpenMetrics 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition import MetricFamily, Sample
from stack.records.scrape_pair import ScrapePair, sample_kind
from suites.finding import Finding, Where
from suites.metrics.pairs import own_labels, recreated
from suites.rule import Bad, Good, Level, rule

TYPE = "# TYPE a_s histogram\n"
GROWING = ("_bucket", "_count")


@rule(
    Good(TYPE + "a_s_sum 1\na_s_count 1\n--- 15 s later\n" + TYPE + "a_s_sum 3\na_s_count 2\n"),
    Bad(
        TYPE
        + 'a_s_bucket{le="+Inf"} 5\na_s_sum 1\na_s_count 5\n--- 15 s later\n'
        + TYPE
        + 'a_s_bucket{le="+Inf"} 4\na_s_sum 1\na_s_count 5\n',
        'histogram `a_s` fell: `a_s_bucket{le="+Inf"}` from 5 to 4 within 15 s without a restart',
    ),
    Bad(
        TYPE + "a_s_sum 1\na_s_count 5\n--- 15 s later\n" + TYPE + "a_s_sum 2\na_s_count 5\n",
        "the sum of histogram `a_s` went from 1 to 2 while its count stayed at 5",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    """Compare buckets, counts and sums of both scrapes; the first fault of each family is told."""
    for family, _ in pair.families():
        if family.type in ("histogram", "summary") and not pair.restarted:
            yield from _first(_fallen(pair, family))
            yield from _first(_apart(pair, family))


def _first(findings: Iterator[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        return


def _fallen(pair: ScrapePair, family: MetricFamily) -> Iterator[Finding]:
    for before, after in pair.changes(family):
        if after and after.value < before.value and sample_kind(family, before) in GROWING:
            if recreated(pair, family, before.labels):
                continue
            yield Finding(
                f"{family.type} `{family.name}` fell: `{before.series}` from {before.value:g} to {after.value:g} "
                f"within {pair.seconds:g} s without a restart",
                Where(series=before.series, line=after.line),
                "expose cumulative counts since the start of the process, not those since the last scrape",
            )


def _apart(pair: ScrapePair, family: MetricFamily) -> Iterator[Finding]:
    counts: dict[frozenset[tuple[str, str]], tuple[Sample, Sample | None]] = {}
    sums = []
    for before, after in pair.changes(family):
        kind = sample_kind(family, before)
        if kind == "_count":
            counts[own_labels(family, before.labels)] = (before, after)
        elif kind == "_sum" and after and after.value != before.value:
            sums.append((before, after))
    for before, after in sums:
        count_before, count_after = counts.get(own_labels(family, before.labels), (before, None))
        if count_after and count_after.value == count_before.value and before.value == before.value:
            yield Finding(
                f"the sum of {family.type} `{family.name}` went from {before.value:g} to {after.value:g} "
                f"while its count stayed at {count_after.value:g}",
                Where(series=before.series, line=after.line),
                "update sum and count of an observation in one step, under one lock",
            )
