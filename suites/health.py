"""Whether the parts of the stack that evidence rests on still work: one root cause is told once, as such."""

from __future__ import annotations

from stack.backends.base import RunningStack


def why_down(stack: RunningStack, *names: str) -> str:
    """Look now: say in one clause why one of these components does not work, empty where all do.

    The rest, with the last lines of its log, is told by `stack/component-ready`.
    """
    health = stack.health()
    down = [problem.partition(";")[0] for name in names if (problem := health.get(name))]
    return f"because {' and '.join(down)}" if down else ""
