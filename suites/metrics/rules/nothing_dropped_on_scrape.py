"""Nothing that the service exposes is dropped by the scrape configuration.

`metric_relabel_configs` drop silently: the scrape succeeds and the metric is missing. Prometheus counts the samples
before and after.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget, notation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

TARGET = "job: a\ntargets: [{job: a, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: "


@rule(
    Good("job: a\nsamples_scraped: 10\nsamples_kept: 10\n"),
    Bad("job: a\nsamples_scraped: 10\nsamples_kept: 7\n", "relabelling drops 3 of 10 samples of job `a`"),
    Unjudged("job: a\nsamples_scraped: 0\nsamples_kept: 0\n", NotApplicable("the last scrape had no samples")),
    Unjudged(TARGET + "down}]\n", NotApplicable("the service is not one target that is up")),
    Unjudged(TARGET + "up}]\n", NotCollected("Prometheus has no sample counts for the service")),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    scraped, kept = target.samples_scraped, target.samples_kept
    if scraped is None or kept is None:
        if target.up:
            raise NotCollected("Prometheus has no sample counts for the service")
        raise NotApplicable(target.not_compared or "the service is not one target that is up")
    if not scraped:
        raise NotApplicable("the last scrape had no samples")
    if kept < scraped:
        missing = sorted(map(notation, (target.exposed or frozenset()) - (target.stored or frozenset())))
        yield Finding(
            f"relabelling drops {scraped - kept} of {scraped} samples of job `{target.job}`",
            Where(url=target.url or None, series=missing[0] if missing and target.stored is not None else None),
            "check `metric_relabel_configs` of the job; rather stop exposing unwanted metrics",
        )
