"""Every component of the stack is ready and stays ready.

Rules that need a component which is down are not evaluated, so the outage itself must be the failure: one cause, one
failure.
"""

from collections.abc import Iterator

from stack.records.live.components import ComponentState
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{name: loki, provenance: native, version: 3.6.15, endpoint: 'http://127.0.0.1:3100'}"),
    Bad(
        "{name: loki, provenance: native, problem: 'ended with exit code 1: no space left on device'}",
        "loki is not ready: ended with exit code 1: no space left on device",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#readiness-check",
    root_cause=True,
)
def check(component: ComponentState) -> Iterator[Finding]:
    if component.problem:
        yield Finding(
            f"{component.name} is not ready: {component.problem}",
            Where(url=component.endpoint),
            hint=f"fix {component.name} first: rules that need it are not evaluated until it is ready",
        )
