"""Prometheus stores every series that the service exposes, under its own name and labels.

Compared after a scrape that followed the last traffic. The target's own labels, Prometheus' series about the scrape
and its spelling of bucket bounds (`1` becomes `1.0`) are ignored.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget, notation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("job: a\nexposed: ['w_bucket{le=\"1\"}']\nstored: ['w_bucket{le=\"1.0\"}', 'up']\n"),
    Bad(
        "job: a\nexposed: ['a_total{q=\"x\"}', 'b']\nstored: ['b']\n",
        '1 of 2 exposed series is not stored, first `a_total{q="x"}`',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    if target.exposed is None or target.stored is None:
        raise NotApplicable(target.not_compared or "the stored series were not read")
    missing = sorted(notation(series) for series in target.exposed - target.stored)
    dropped = (target.samples_scraped or 0) - (target.samples_kept or 0)
    if missing and len(missing) <= dropped:
        raise NotApplicable(f"{dropped} samples are dropped by relabelling, and no others are missing")
    if missing:
        amount = f"{len(missing)} of {len(target.exposed)} exposed series {'is' if len(missing) == 1 else 'are'}"
        yield Finding(
            f"{amount} not stored, first `{missing[0]}`",
            Where(url=target.url or None, series=missing[0]),
            "check `sample_limit` and `label_limit` of the job, and at Prometheus' log for "
            "samples refused as duplicate, out of order or out of bounds",
        )
