"""Prometheus stores every series that the service exposes, under its own name and labels.

Compared with a scrape that followed the last request of this run, or the last one where it sent none. The target's own
labels, Prometheus' series about the scrape and its spelling of bucket bounds (`1` becomes `1.0`) are ignored.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget, notation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

HINT = (
    "read Prometheus' log for samples of this target that it refused as duplicate, out of order or out of bounds, and "
    "compare `metric_relabel_configs` of the job"
)
OWN_TIMES = (
    "leave the timestamps out: Prometheus refuses samples that are older than about an hour, that are older than the "
    "last one of their series, or that have another value at the same time"
)

HONORED = (
    "set `honor_labels: false`, which keeps the labels of the target and renames the others to `exported_…`, or rename "
    "the label in the service"
)
BLANKS = "begin the line with the name: Prometheus takes the blanks before it for a part of it"


@rule(
    Good("job: a\nexposed: ['w_bucket{le=\"1\"}']\nstored: ['w_bucket{le=\"1.0\"}', 'up']\n"),
    Bad(
        "job: a\nexposed: ['a_total{q=\"x\"}', 'b']\nstored: ['b']\n",
        '1 of 2 exposed series is not stored, first `a_total{q="x"}`',
    ),
    Bad(
        "job: a\nexposed: ['a_total{exported_app=\"x\"}', 'b']\nstored: ['b']\nhonored: [app]\n",
        '1 of 2 exposed series is not stored, first `a_total{exported_app="x"}`: with `honor_labels` the label `app` '
        "of the service replaces that of the target",
    ),
    Unjudged("job: a\nexposed: []\nstored: ['up']\n", NotCollected("no exposed series could be compared")),
    Unjudged(
        "job: a\nnot_compared: 50001 series are too many to be read back\ngap: true\n",
        NotCollected("50001 series are too many to be read back"),
    ),
    Unjudged("job: a\nnot_compared: the exposition has no sample\n", NotApplicable("the exposition has no sample")),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    if target.gap:
        raise NotCollected(target.not_compared or "the stored series were not read")
    if target.exposed is None or target.stored is None:
        raise NotApplicable(target.not_compared or "the stored series were not read")
    missing = sorted(notation(series) for series in target.exposed - target.stored)
    if not target.exposed_count:
        raise NotCollected("no exposed series could be compared")
    dropped = (target.samples_scraped or 0) - (target.samples_kept or 0)
    if missing and len(missing) <= dropped:
        raise NotApplicable(f"{dropped} samples are dropped by relabelling, and no others are missing")
    if missing:
        indented = any(name != name.lstrip(" \t") for name, *_ in target.stored)
        amount = f"{len(missing)} of {target.exposed_count} exposed series {'is' if len(missing) == 1 else 'are'}"
        labels = ", ".join(f"`{name}`" for name in target.honored)
        cause = f": with `honor_labels` the label {labels} of the service replaces that of the target" if labels else ""
        yield Finding(
            f"{amount} not stored, first `{missing[0]}`{cause}",
            Where(url=target.url or None, series=missing[0]),
            HONORED if labels else BLANKS if indented else OWN_TIMES if target.timed else HINT,
        )
