"""No label is named after an id.

A label `request_id` or `user_id` has as many values as there are requests or users, each a new time series, even if
this scrape shows only a few of them. A `uuid` that several metrics, gauges among them, have in common is a device's.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_info, labels_of, names_a_thing, where_label
from suites.metrics.helpers.label_names import DEVICES, is_id


@rule(
    Good('http_requests_total{route="/users/:id"} 1\n'),
    Good('app_instance_info{uuid="4"} 1\n'),
    Good(
        "".join(
            f'# TYPE {name} {kind}\n{name}{{uuid="GPU-7f1c"}} 1\n'
            for name, kind in (
                ("gpu_errors_total", "counter"),
                ("gpu_energy_joules_total", "counter"),
                ("gpu_fan", "gauge"),
            )
        )
    ),
    Bad('http_requests_total{uuid="1f"} 1\n', "label `uuid` of `http_requests_total` is named after an id"),
    Bad('http_requests_total{user_id="7"} 1\n', "label `user_id` of `http_requests_total` is named after an id"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, label=is_id):
        for label in () if is_info(family) else labels:
            if is_id(label) and not (label.lower() in DEVICES and names_a_thing(exposition, family, label)):
                yield Finding(
                    f"label `{label}` of `{family.exposed_name}` is named after an id",
                    where_label(family, label),
                    f"drop `{label}`; write the id into the log line of the event, or attach it as an exemplar",
                )
