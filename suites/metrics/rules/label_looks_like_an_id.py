"""Label values do not look like ids.

Each distinct value is a new time series that stays for the whole retention. A label with user ids, e-mail addresses,
client addresses, times or raw paths grows without limit and takes the server down.
"""

from collections.abc import Iterator
from itertools import islice

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_info, labels_of, where_label
from suites.metrics.helpers.ids import kind_of_id, may_hold_paths
from suites.metrics.helpers.label_names import is_id

CHECKED = 2000
"""Values checked per label; a label with more is over any budget anyway."""


@rule(
    Good('http_requests_total{route="/users/:id",code="200"} 1\n'),
    Good('http_requests_total{email="ann@example.org"} 1\n'),
    Good('app_build_info{revision="0123456789abcdef0123456789abcdef01234567"} 1\n'),
    Bad(
        "".join(f'http_requests_total{{path="{path}"}} 1\n' for path in ("/users/42", "/users/43", "/")),
        "label `path` of `http_requests_total` contains paths with numbers: 2 of 3 values, first `/users/42`",
    ),
    Bad(
        'logins_total{who="ann@example.org"} 1\n',
        "label `who` of `logins_total` contains e-mail addresses: 1 of 1 value, first `ann@example.org`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition):
        if is_info(family):
            continue
        for label, values in labels.items():
            if is_id(label):
                continue
            found: dict[str, list[str]] = {}
            for value in islice(values, CHECKED):
                kind = kind_of_id(value)
                if kind and (kind != "paths with numbers" or may_hold_paths(label)):
                    found.setdefault(kind, []).append(value)
            for kind, suspects in found.items():
                yield Finding(
                    f"label `{label}` of `{family.exposed_name}` contains {kind}: {len(suspects)} of "
                    f"{min(len(values), CHECKED)} value{'s' * (len(values) > 1)}, first `{suspects[0]}`",
                    where_label(family, label, suspects[0]),
                    f"drop `{label}` or reduce it to a few known values (the route's pattern, a status class, a tenant "
                    "tier); put ids into logs and exemplars",
                )
