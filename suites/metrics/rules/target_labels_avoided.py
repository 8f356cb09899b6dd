"""No label is named like a label of the target.

Where a service runs (`region`, `env`, …) belongs in the scrape configuration: a label that the service exposes itself
clashes with the target's label of that name, and Prometheus renames it `exported_…`. A target is in one region: a label
with several values, a zone of DNS or memory, and one that the metric's name speaks of are the service's own subject,
which is best called as the service calls it.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_info, users_of_labels, where_label
from suites.metrics.helpers.label_names import TARGET_LABELS

OTHER_ZONE = re.compile(r"\S*\.\S*|DMA\d*|Normal|HighMem|Movable|Device")
"""Zones of DNS, which have a dot, and the kernel's memory zones."""


@rule(
    Good('http_requests_total{code="200"} 1\n'),
    Good('app_build_info{env="prod"} 1\n'),
    Good('dns_requests_total{zone="example.org."} 1\n'),
    Good('dns_requests_total{zone="example.org"} 1\n'),
    Good('node_evictions_total{zone=""} 1\n'),
    Good('mem_free_pages{zone="DMA32"} 1\nmem_free_pages{zone="Normal"} 1\n'),
    Good('catalog_service_queries_total{service="redis"} 1\n'),
    Bad(
        'http_requests_total{env="prod"} 1\nhttp_errors_total{env="prod"} 1\n',
        "label `env` is a target label, and 2 metrics expose it, first `http_requests_total`",
    ),
    Bad(
        'http_requests_total{zone="eu-1a"} 1\n',
        "label `zone` is a target label, and it is exposed by `http_requests_total`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for label, users in users_of_labels(exposition, TARGET_LABELS.__contains__).items():
        families = [family for family in users if not is_info(family) and label not in family.name.split("_")]
        values = {value for family in families for value in exposition.label_values[family.name][label]} - {""}
        if len(values) == 1 and not (label == "zone" and OTHER_ZONE.fullmatch(values.pop())):
            count = f"{len(families)} metrics expose it, first" if len(families) > 1 else "it is exposed by"
            yield Finding(
                f"label `{label}` is a target label, and {count} `{families[0].exposed_name}`",
                where_label(families[0], label),
                f"drop it and set `{label}` where the target is configured; if it belongs to what the service "
                "counts, keep the name and waive this rule",
            )
