"""What Loki's rules record is written to Prometheus.

Loki keeps no series: without `remote_write` it evaluates recording rules and drops the results.
"""

from collections.abc import Iterator

from stack.records.alerts.setup import Ruler
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{files: [fake/a.yml], records: 1, remote_write: true, writes_to: 1}"),
    Bad(
        "{files: [fake/a.yml], records: 2}",
        "`ruler.remote_write` is not enabled: what 2 recording rules find is dropped",
    ),
    Bad(
        "{files: [fake/a.yml], records: 1, remote_write: true}",
        "`ruler.remote_write` is enabled and has no `clients`: Loki does not start",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/recording-rules/#remote-write",
)
def check(ruler: Ruler) -> Iterator[Finding]:
    if not ruler.records and not ruler.remote_write:
        raise NotApplicable("Loki's ruler records nothing")
    hint = "`remote_write: {enabled: true, clients: {prometheus: {url: http://prometheus:9090/api/v1/write}}}`"
    if ruler.records and not ruler.remote_write:
        rules = f"{ruler.records} recording rule{'s find' if ruler.records > 1 else ' finds'}"
        message = f"`ruler.remote_write` is not enabled: what {rules} is dropped"
        yield Finding(message, Where(file=ruler.file), hint)
    elif not ruler.writes_to:
        message = "`ruler.remote_write` is enabled and has no `clients`: Loki does not start"
        yield Finding(message, Where(file=ruler.file), hint)
