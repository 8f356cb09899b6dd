"""Loki and Prometheus return no data that is older than promised, which is seven days unless the site says otherwise.

The trial shows what the configuration does on a new server; this rule checks what it did on the running one.
"""

from collections.abc import Iterator

from stack.records.retention.running import RetentionObservation, words
from stack.text.durations import DAY
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("component: loki\nslack_s: 15600\nasked: 2"),
    Bad(
        "component: loki\nslack_s: 15600\nasked: 2\nstreams: {'{service=\"audit\"}': 1036800}",
        'stream `{service="audit"}` still returns a line that is 12.0 days old',
    ),
    Bad(
        "component: loki\nslack_s: 15600\nasked: 9\nstreams: {'{a=\"1\"}': 691200, '{a=\"2\"}': 864000}",
        '2 streams still return lines older than 7 days, such as `{a="2"}` with one that is 10.0 days old',
    ),
    Bad(
        "component: prometheus\nslack_s: 86400\nasked: 30\nstreams: {up: 1641600}",
        "Prometheus still returns samples of `up` that are more than 19 days old",
    ),
    Unjudged(
        "component: loki\nslack_s: 15600\nasked: 0",
        NotCollected("loki has no data of the last of the 7 days either"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/",
)
def check(seen: RetentionObservation) -> Iterator[Finding]:
    promised = f"{seen.promised_s / DAY:g} days"
    if not seen.streams and not seen.asked:
        raise NotCollected(f"{seen.component} has no data of the last of the {promised} either")
    if not seen.streams:
        return
    oldest = max(seen.streams, key=lambda stream: stream.age_s)
    days = f"{oldest.age_s / DAY:.1f} days old"
    if seen.component == "prometheus":
        age = f"more than {oldest.age_s / DAY:.0f} days old"
        message = f"Prometheus still returns samples of `{oldest.stream}` that are {age}"
        hint = f"it deletes whole blocks, {words(seen.slack_s)} late at most; check `storage.tsdb.retention.time`"
        yield Finding(message, Where(series=oldest.stream), hint)
        return
    if len(seen.streams) == 1:
        message = f"stream `{oldest.stream}` still returns a line that is {days}"
    else:
        message = (
            f"{len(seen.streams)} streams still return lines older than {promised}, "
            f"such as `{oldest.stream}` with one that is {days}"
        )
    hint = (
        f"the compactor may take {words(seen.slack_s)} beyond {promised}; check its last run, `retention_stream` "
        "and the overrides per tenant"
    )
    yield Finding(message, Where(series=oldest.stream), hint)
