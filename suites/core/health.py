"""Whether the components that evidence depends on still work: one root cause is reported once, as such."""

from stack.backends.base import RunningStack
from stack.eventually import eventually

PATIENCE_S = 10.0
"""A server that runs may be too busy to answer at once that it is ready; one that has ended is down."""
BUSY = "runs but is not ready"


def why_down(stack: RunningStack, *names: str) -> str:
    """Check now: say in one clause why one of these components does not work, empty where all do.

    The rest, with the last lines of its log, is reported by `components/component-ready`.
    """

    def down() -> list[str]:
        health = stack.health()
        return [problem.partition(";")[0] for name in names if (problem := health.get(name))]

    found = down()
    if found and all(BUSY in problem for problem in found):
        try:
            found = eventually(down, lambda problems: not problems, PATIENCE_S, describe=f"{' and '.join(names)} ready")
        except TimeoutError:
            found = down()
    return f"because {' and '.join(found)}" if found else ""
