"""Which backend a run uses: the one table of them, and what `--stack auto` chooses on this machine."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from stack.backends.attached.target_file import TargetFile
from suites.collect.runners.base import RunnerPlan, ServiceRunner

BACKENDS = {
    "containers": "suites.collect.runners.containers:ContainersRunner",
    "local": "suites.collect.runners.local:LocalRunner",
    "attached": "suites.collect.runners.attached:AttachedRunner",
}
"""The runner of each backend, by the name that `--stack` takes; imported only when chosen, as `containers` needs
packages that the others do not."""

CONTAINERS = "stack.backends.containers.backend"


def runner(name: str, plan: RunnerPlan, target: TargetFile | None = None) -> ServiceRunner:
    """Make the runner of a backend; `target` is the target file of `--stack attached`.

    Raises:
        ValueError: there is no backend of that name.

    """
    if name not in BACKENDS:
        raise ValueError(f"there is no backend `{name}`; choose one of {', '.join(BACKENDS)}")
    module, _, attribute = BACKENDS[name].partition(":")
    chosen = getattr(import_module(module), attribute)
    return cast("ServiceRunner", chosen(plan, target) if target else chosen(plan))


def choose(option: str, say: Callable[[str], None] = lambda _line: None) -> str:
    """Return `containers`, `local` or `attached` for a value of `--stack`; of `auto`, `say` why.

    `auto` takes containers where an engine answers and has the images, or can pull them, else processes.
    """
    if option != "auto":
        return option
    reason = why_no_containers()
    if reason is None:
        say("running the stack in containers; --stack local runs it as processes of this machine")
        return "containers"
    say(f"running the stack without containers: {reason}")
    return "local"


def why_no_containers() -> str | None:
    """Say in one line why the stack cannot run in containers here; None where it can."""
    try:
        found: str | None = import_module(CONTAINERS).why_not()
    except ImportError as missing:
        return f"the backend for containers needs a package that is not installed: {missing}"
    return found.partition("\n")[0] if found else None
