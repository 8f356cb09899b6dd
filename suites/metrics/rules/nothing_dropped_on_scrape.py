"""Nothing that the service exposes is dropped by the scrape configuration.

`metric_relabel_configs` drop silently: the scrape succeeds and the metric is missing. Prometheus counts the samples
before and after.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget, notation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("job: a\nsamples_scraped: 10\nsamples_kept: 10\n"),
    Bad("job: a\nsamples_scraped: 10\nsamples_kept: 7\n", "relabelling drops 3 of 10 samples of job `a`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    scraped, kept = target.samples_scraped, target.samples_kept
    if scraped is None or kept is None:
        raise NotApplicable("Prometheus has no sample counts for the service")
    if kept < scraped:
        missing = sorted(map(notation, (target.exposed or frozenset()) - (target.stored or frozenset())))
        yield Finding(
            f"relabelling drops {scraped - kept} of {scraped} samples of job `{target.job}`",
            Where(url=target.url or None, series=missing[0] if missing and target.stored is not None else None),
            "check `metric_relabel_configs` of the job; rather stop exposing unwanted metrics",
        )
