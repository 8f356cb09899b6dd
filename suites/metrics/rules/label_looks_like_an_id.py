"""Label values do not look like ids.

Each distinct value is a new time series that stays for the whole retention. A label with user ids, e-mail addresses,
client addresses, times or raw paths grows without limit and takes the server down. Amounts, addresses of servers, and
what several metrics, gauges among them, have in common (the id of a disk) are no such ids: there are a few of them.
"""

from collections.abc import Iterator
from itertools import islice

from stack.records.exposition.exposition import Exposition, MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_info, labels_of, names_a_thing, where_label
from suites.metrics.helpers.ids import OF_THINGS, kind_of_id, may_be
from suites.metrics.helpers.label_names import is_id

CHECKED = 2000
"""Values checked per label; a label with more is over any budget anyway."""


@rule(
    Good('http_requests_total{route="/users/:id",code="200"} 1\n'),
    Good('http_requests_total{email="ann@example.org"} 1\n'),
    Good('app_build_info{revision="0123456789abcdef0123456789abcdef01234567"} 1\n'),
    Good('# TYPE pool_reads_total counter\npool_reads_total{size="1048576",limit="123456"} 1\n'),
    Good('rest_client_requests_total{host="192.168.99.124:8443"} 1\n'),
    Good('# TYPE app_config_hash gauge\napp_config_hash{sha256="242167c0068b4a6bf4f9c5175f86aecb"} 1\n'),
    Good('# TYPE kube_pod_ips gauge\nkube_pod_ips{pod="a",ip="10.244.0.9"} 1\n'),
    Good('# TYPE kube_pod_annotations gauge\nkube_pod_annotations{pod="a",annotation_owner="ann@example.org"} 1\n'),
    Bad(
        '# TYPE user_online gauge\nuser_online{ip="10.244.0.9"} 1\n',
        "label `ip` of `user_online` contains IP addresses: 1 of 1 value, first `10.244.0.9`",
    ),
    Good('http_requests_total{handler="/rest/api/2/issue"} 1\n'),
    Good(
        "".join(
            f'# TYPE {name} {kind}\n{name}{{mount="192.168.1.1"}} 1\n'
            for name, kind in (("nfs_reads_total", "counter"), ("nfs_writes_total", "counter"), ("nfs_free", "gauge"))
        )
    ),
    Bad(
        'pool_reads_total{session="7340132"} 1\n',
        "label `session` of `pool_reads_total` contains long numbers: 1 of 1 value, first `7340132`",
    ),
    Bad(
        'pool_reads_total{client="192.168.1.1"} 1\n',
        "label `client` of `pool_reads_total` contains IP addresses: 1 of 1 value, first `192.168.1.1`",
    ),
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
    few = len(exposition.label_pairs) <= CHECKED
    for family, labels in labels_of(exposition, value=kind_of_id if few else None):
        if is_info(family):
            continue
        for label, values in labels.items():
            if is_id(label):
                continue
            found: dict[str, list[str]] = {}
            for value in islice(values, CHECKED):
                kind = kind_of_id(value)
                if kind and may_be(kind, label):
                    found.setdefault(kind, []).append(value)
            for kind, suspects in found.items():
                if kind in OF_THINGS and (names_a_thing(exposition, family, label) or _is_fact(family, kind)):
                    continue
                yield Finding(
                    f"label `{label}` of `{family.exposed_name}` contains {kind}: {len(suspects)} of "
                    f"{min(len(values), CHECKED)} value{'s' * (len(values) > 1)}, first `{suspects[0]}`",
                    where_label(family, label, suspects[0]),
                    f"drop `{label}` or reduce it to a few known values (the route's pattern, a status class, a tenant "
                    "tier); put ids into logs and exemplars",
                )


def _is_fact(family: MetricFamily, kind: str) -> bool:
    """Gauges of value 1 alone are an info metric by another name: the hash of a configuration, a pod's address."""
    if family.type != "gauge" or any(sample.value != 1 for sample in family.samples):
        return False
    one = len(family.samples) == 1 and kind == "long hexadecimal numbers"
    return one or all(len(sample.labels) > 1 for sample in family.samples)
