"""The suffixes and labels of histograms and summaries are used for nothing else.

`_bucket`, `_count`, `_sum`, `le` and `quantile` make tools read a metric as part of a histogram or a summary. A family
without a type is not judged.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition, MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, of_library, untyped, where, where_label

HISTOGRAMS = ("histogram", "gaugehistogram")
SUFFIXES = {"_bucket": HISTOGRAMS, "_count": (*HISTOGRAMS, "summary"), "_sum": (*HISTOGRAMS, "summary")}
LABELS = {"le": HISTOGRAMS, "quantile": ("summary",)}


@rule(
    Good('# TYPE wait_seconds summary\nwait_seconds{quantile="0.5"} 1\nwait_seconds_sum 1\nwait_seconds_count 1\n'),
    Good("jobs_count 1\n"),
    Good("# TYPE system_cpu_count gauge\nsystem_cpu_count 2\n"),
    Bad(
        "# TYPE jobs_count gauge\njobs_count 1\n",
        "gauge `jobs_count` ends in `_count`, which is for parts of a histogram or summary",
    ),
    Bad('# TYPE job_age gauge\njob_age{le="1"} 1\n', "gauge `job_age` has a label `le`, which is for histograms"),
    Bad(
        '# TYPE h histogram\nh_bucket{quantile="1",le="+Inf"} 1\nh_count{quantile="1"} 1\n',
        "histogram `h` has a label `quantile`, which is for summaries",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    families = families_of(exposition)
    own = LABELS.keys() & exposition.label_names
    for family in families:
        if not (own or family.exposed_name.endswith(tuple(SUFFIXES))) or untyped(family) or of_library(family):
            continue
        labels = own and set(exposition.label_values[family.name])
        for word, message in _misused(family, labels):
            place = where_label(family, word) if word in LABELS else where(family)
            yield Finding(f"{family.type} `{family.exposed_name}` {message}", place, f"choose a name without `{word}`")


def _misused(family: MetricFamily, labels: set[str]) -> Iterator[tuple[str, str]]:
    name, kind = family.exposed_name, family.type
    for suffix, owners in SUFFIXES.items():
        if name.endswith(suffix) and kind not in owners:
            yield (
                suffix,
                f"ends in `{suffix}`, which is for parts of a histogram{' or summary' * ('summary' in owners)}",
            )
    # Buckets that follow the TYPE line of another type are reported by the rules on sample names.
    strays = any(sample.name == f"{family.name}_bucket" for sample in family.samples[:1])
    if "le" in labels and kind not in LABELS["le"] and not strays:
        yield "le", "has a label `le`, which is for histograms"
    if "quantile" in labels and kind not in LABELS["quantile"]:
        yield "quantile", "has a label `quantile`, which is for summaries"
