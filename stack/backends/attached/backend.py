"""A running stack by the addresses of a target file: nothing is started, changed or stopped."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn

import httpx

from stack.backends.attached.storing import not_storing
from stack.backends.base import Component, StackPlan, TargetGroup, UntilStopped
from stack.backends.versions import version_of
from stack.clients.errors import explain
from stack.clients.retries import get
from stack.clients.sign_in import sync_client
from stack.components import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stack.backends.attached.target_file import TargetFile
    from stack.backends.process import Running

EXPECTED = tuple(name for name, info in COMPONENTS.items() if info.queried)
"""The components that a target file may leave out only at a price: what needs them is not evaluated."""

TIMEOUT_S = 10.0
QUERIES = {"prometheus": "/api/v1/query?query=1", "loki": "/loki/api/v1/query?query=vector(1)"}
"""A query that reads no data: a server may be ready and answer none."""
OWN_ERROR = " answered 500"
BEHIND = "the gateway before it does not work"
"""How the problem of a component begins that is not its own."""


class AttachedBackend:
    """Attaches to the stack of a target file."""

    name = "attached"

    def __init__(self, target: TargetFile) -> None:
        self._target = target

    def start(self, plan: StackPlan) -> AttachedStack:  # noqa: ARG002  # a plan is for those who start something
        """Read every server's version, all at once; `health` reports one that does not answer."""
        return AttachedStack(self._target)


class AttachedStack(UntilStopped):
    """A stack that runs elsewhere."""

    embedded_logs = None

    def __init__(self, target: TargetFile) -> None:
        self._target = target
        self.credentials = dict(target.credentials)
        self._http = sync_client(target.signed, TIMEOUT_S)
        names = list(target.endpoints)
        with ThreadPoolExecutor(len(names) or 1) as pool:
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
        with ThreadPoolExecutor(len(names) or 1) as pool:
            found = dict(zip(names, pool.map(self._problem, names), strict=True))
        front = f"{self._target.endpoints.get('gateway', '')}/"
        behind = [name for name in names if name != "gateway" and self._target.endpoints[name].startswith(front)]
        # No server of the stack answers 500 where it is asked whether it is ready.
        own = [problem for name in behind if (problem := found[name]) and OWN_ERROR in problem]
        if "gateway" in found and own:
            found["gateway"] = found["gateway"] or own[0]
        why = found.get("gateway")
        for name in behind if why else ():
            if found[name]:
                found[name] = f"{BEHIND}: {why}"
        return found

    def settle(self) -> None:
        """Nothing was started."""

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
        """Close the connections: what was not started is not stopped."""
        self._http.close()

    def _version(self, name: str) -> str | None:
        return version_of(name, self._target.endpoints[name], http=self._http)

    def _problem(self, name: str) -> str | None:
        base, info = self._target.endpoints[name], COMPONENTS[name]
        if name == "gateway":
            return self._gateway_problem(base)
        problem = self._refused(f"{base}{info.ready_path}")
        # A gateway may pass on the API alone.
        if problem and info.version_json and not self._refused(f"{base}{info.version_json[0]}"):
            problem = None
        if not problem and name in QUERIES and (silent := self._refused(f"{base}{QUERIES[name]}")):
            return f"it is ready, but answers no query: {silent}"
        if not problem and name == "prometheus":
            return not_storing(self._http, base)
        return problem

    def _gateway_problem(self, base: str) -> str | None:
        """A gateway has no path of its own that all have: without a declared one, any answer but an error will do."""
        health = self._target.gateway.health
        if health:
            return self._refused(f"{base}{health}", signed=False)
        return self._refused(f"{base}/", signed=False, least=httpx.codes.INTERNAL_SERVER_ERROR)

    def _refused(self, url: str, *, signed: bool = True, least: int = 300) -> str | None:
        """Why a request fails: no answer, or a status of `least` or more; None where it is answered."""
        try:
            answer = get(self._http, url, httpx.USE_CLIENT_DEFAULT if signed else None)
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            return f"{url}: no answer ({_cause(broken, url)})"
        if answer.status_code < least:
            return None
        return f"{url} answered {answer.status_code}" + _why(answer)


def at_fault(name: str, problem: str) -> str:
    """The component whose fault the `problem` of a component is."""
    return "gateway" if problem.startswith(BEHIND) else name


def _cause(broken: Exception, url: str) -> str:
    """What an exception of the client comes from, in words of its own where that is TLS."""
    found: BaseException | None = broken
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return explain(found, url)[1]
        found = found.__cause__ or found.__context__
    return str(broken) or type(broken).__name__


def _why(answer: httpx.Response) -> str:
    if "no org id" in answer.text:
        return "; it has tenants (`auth_enabled: true`): name one as its `tenant` in the target file"
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return "; set `user_env` and `password_env` in the target file, or another way to sign in, and check the values"
    text = " ".join(answer.text.split())[:200]
    return f": {text}" if text else ""
