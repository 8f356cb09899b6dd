"""Whether the components that evidence depends on still work: one root cause is reported once, as such."""

from stack.backends.base import RunningStack
from stack.eventually import eventually
from suites.core.evidence import NotEvaluated

PATIENCE_S = 10.0
"""A server that runs may be too busy to answer at once that it is ready; one that has ended is down."""
BUSY = "runs but is not ready"


def why_down(stack: RunningStack, *names: str) -> NotEvaluated | None:
    """Check now: say in one clause why one of these components does not work, None where all do.

    The rest, with the last lines of its log, is reported by `components/component-ready`.
    """

    def down() -> dict[str, str]:
        health = stack.health()
        return {name: _shortly(problem) for name in names if (problem := health.get(name))}

    found = down()
    if found and all(BUSY in problem for problem in found.values()):
        try:
            found = eventually(down, lambda problems: not problems, PATIENCE_S, describe=f"{' and '.join(names)} ready")
        except TimeoutError:
            found = down()
    return NotEvaluated(f"because {' and '.join(found.values())}", because_of=next(iter(found))) if found else None


def unanswered(reason: str, name: str, error: Exception) -> NotEvaluated:
    """There is no record since the component did not answer as it should, or not at all: then it is because of it."""
    return NotEvaluated(reason, because_of=name if getattr(error, "unreachable", False) else "")


def _shortly(problem: str) -> str:
    """The first clause, and where a program ended by itself its own `Error:` or the last line that it logged."""
    clause, _, log = problem.partition(";")
    lines = [line.strip() for line in log.strip().splitlines()]
    if not lines or "exit code" not in clause:
        return clause
    return f"{clause}: {next((line for line in lines if line.startswith('Error: ')), lines[-1])[-240:]}"
