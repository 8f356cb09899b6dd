"""The service starts and becomes ready.

What does not run exposes nothing and logs nothing: all other rules on the service are not evaluated until it does. It
is ready once its `ready.path`, or without one its metrics endpoint, answers 200 within `ready.timeout_s`.
"""

from collections.abc import Iterator

from stack.records.live.service_start import ServiceStart
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{service: api}"),
    Bad(
        "{service: api, problem: 'api ended with exit code 1 before it was ready'}",
        "the service did not start: api ended with exit code 1 before it was ready",
    ),
    Bad(
        "{service: api, problem: 'api is ready: not reached in 15.0 s; http://127.0.0.1:8080/metrics answered 404'}",
        "the service did not start: api is ready: not reached in 15.0 s; http://127.0.0.1:8080/metrics answered 404",
    ),
    level=Level.MUST,
    source="https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#readiness-probe",
    root_cause=True,
)
def check(start: ServiceStart) -> Iterator[Finding]:
    if not start.problem:
        return
    if " answered " in start.problem.partition("; its last log lines")[0]:
        hint = "it runs, so correct `ready.path` or `metrics.path` in its service.yaml, or what is answered there"
    else:
        hint = "read the last lines of its output; where the command is wrong, correct `start` in its service.yaml"
    yield Finding(f"the service did not start: {start.problem}", hint=hint)
