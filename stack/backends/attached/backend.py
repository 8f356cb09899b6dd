"""A running stack by the addresses of a target file: nothing is started, changed or stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn, Self

import httpx

from stack.backends.base import Component, StackPlan, TargetGroup
from stack.backends.versions import version_of
from stack.components import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from stack.backends.attached.target_file import TargetFile
    from stack.backends.process import Running

EXPECTED = tuple(name for name, info in COMPONENTS.items() if info.queried)
"""The components that a target file may leave out only at a price: what needs them is not evaluated."""

TIMEOUT_S = 20.0


class AttachedBackend:
    """Attaches to the stack of a target file."""

    name = "attached"

    def __init__(self, target: TargetFile) -> None:
        self._target = target

    def start(self, plan: StackPlan) -> AttachedStack:  # noqa: ARG002  # a plan is for those who start something
        """Read every server's version, all at once; `health` reports one that does not answer."""
        return AttachedStack(self._target)


class AttachedStack:
    """A stack that runs elsewhere."""

    embedded_logs = None

    def __init__(self, target: TargetFile) -> None:
        self._target = target
        self.credentials = dict(target.credentials)
        names = list(target.endpoints)
        with ThreadPoolExecutor(len(names)) as pool:
            versions = list(pool.map(self._version, names))
        self.components = {
            name: Component(name, "attached", version, target.endpoints[name])
            for name, version in zip(names, versions, strict=True)
        }
        for name in EXPECTED:
            absent = Component(name, "absent", detail=f"the target file names no `{name}`")
            self.components.setdefault(name, absent)

    def endpoint(self, name: str) -> str | None:
        """Return a component's base URL, None where the target file does not name it."""
        return self._target.endpoints.get(name)

    def health(self) -> dict[str, str | None]:
        """Check every server's readiness, all at once."""
        names = list(self._target.endpoints)
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(self._problem, names), strict=True))

    def set_targets(self, targets: Mapping[str, Sequence[TargetGroup]]) -> NoReturn:  # noqa: ARG002  # as `RunningStack` has it
        """Refuse: the targets of an attached Prometheus belong to its owner.

        Raises:
            PermissionError: always.

        """
        raise PermissionError("an attached stack is only read; its Prometheus keeps its targets")

    def process(self, name: str) -> Running:
        """Refuse: there is no process of ours.

        Raises:
            KeyError: always.

        """
        raise KeyError(name)

    def listening(self, name: str) -> None:
        """Return None: from here another machine's sockets cannot be seen."""

    def stop(self) -> None:
        """Do nothing: what we did not start we do not stop."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _version(self, name: str) -> str | None:
        return version_of(name, self._target.endpoints[name], self.credentials.get(name))

    def _problem(self, name: str) -> str | None:
        url = f"{self._target.endpoints[name]}{COMPONENTS[name].ready_path}"
        try:
            answer = httpx.get(url, auth=self.credentials.get(name), timeout=TIMEOUT_S, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            return f"{url}: no answer ({broken or type(broken).__name__})"
        if answer.status_code == httpx.codes.OK:
            return None
        return f"{url} answered {answer.status_code}" + _why(answer)


def _why(answer: httpx.Response) -> str:
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return "; set `user_env` and `password_env` in the target file, and see that both variables are right"
    text = " ".join(answer.text.split())[:200]
    return f": {text}" if text else ""
