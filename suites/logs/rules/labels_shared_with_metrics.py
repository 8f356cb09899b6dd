"""Log streams and scraped series of a service carry equal `system`, `service` and `instance`.

With equal labels a graph leads to the lines of the same process, and a line to its graphs: a dashboard needs one
variable for both, and Grafana's Explore keeps the selector. Sites that name services by labels of their own, such as
`namespace` and `pod`, need these in both.
"""

from collections.abc import Iterable, Iterator, Mapping

from stack.records.logs.shared_labels import SharedLabels
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

OF_A_SERVICE = ("system", "service")
HOW = "a label of the target in Prometheus, a label of the stream in the log agent"
OF_ANYTHING = frozenset({"job", "environment", "env", "cluster", "region", "level", "detected_level", "service_name"})
"""Labels whose equal values do not say that series and streams are of one service."""

BOTH = "targets: [{job: api, system: dante, service: api, instance: api-1}]\n"


@rule(
    Good(BOTH + "streams: [{system: dante, service: api, instance: api-1, level: info}]"),
    Good("targets: [{job: a, instance: 'h:1', pod: a-1}]\nstreams: [{namespace: shop, pod: a-1}]"),
    Bad(
        "targets: [{job: api, instance: 'h:1'}]\nstreams: [{system: dante, service: api, instance: api-1}]",
        "the log streams have `system` `dante`, the scraped series have no label `system`",
        "the log streams have `service` `api`, the scraped series have no label `service`",
        "the log streams have `instance` `api-1`, the scraped series `h:1`",
    ),
    Bad(
        BOTH + "streams: [{system: dante, service: api}]",
        "the scraped series have `instance` `api-1`, the log streams have no label `instance`",
    ),
    Bad(
        "targets: [{job: a, instance: 'h:1'}]\nstreams: [{job: a, container: a}]",
        "no label that identifies the service has an equal value in scraped series and log streams",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/explore/logs-integration/",
)
def check(labels: SharedLabels) -> Iterator[Finding]:
    if not labels.targets or not labels.streams:
        raise NotApplicable("it has no scraped series or no log streams to compare")
    series, streams = _values(labels.targets), _values(labels.streams)
    named = [name for name in OF_A_SERVICE if name in series or name in streams]
    shared = {name for name in series.keys() & streams.keys() - OF_ANYTHING if series[name] & streams[name]}
    if not named and not shared:
        message = "no label that identifies the service has an equal value in scraped series and log streams"
        yield Finding(message, hint=f"give both `service` and `instance`: {HOW}")
        return
    if "instance" in streams or (named and shared <= {*OF_A_SERVICE}):
        named.append("instance")
    for name in named:
        mine, theirs = series.get(name, frozenset()), streams.get(name, frozenset())
        if not mine & theirs:
            yield Finding(_difference(name, mine, theirs), hint=f"give both the same `{name}`: {HOW}")


def _values(side: Iterable[Mapping[str, str]]) -> dict[str, frozenset[str]]:
    names = {name for labels in side for name in labels}
    return {name: frozenset(filter(None, (labels.get(name) for labels in side))) for name in names}


def _difference(name: str, series: Iterable[str], streams: Iterable[str]) -> str:
    mine, theirs = (", ".join(f"`{value}`" for value in sorted(side)[:3]) for side in (series, streams))
    if not mine or not theirs:
        there, missing = ("log streams", "scraped series") if theirs else ("scraped series", "log streams")
        return f"the {there} have `{name}` {mine or theirs}, the {missing} have no label `{name}`"
    return f"the log streams have `{name}` {theirs}, the scraped series {mine}"
