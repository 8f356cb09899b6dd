"""Collects what the console's rules judge: of a console started for it on the stack's servers, or of a live one."""

import asyncio
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from stack.backends.base import agent_of
from stack.clients.gateway import GatewayClient, GatewayError
from stack.clients.log_reader import LogReader
from stack.clients.loki import LokiClient
from stack.clients.sign_in import Access
from stack.components import COMPONENTS
from stack.records.console.access import ConsoleListings, ConsoleQueries, ConsoleScope
from stack.records.console.audit import ConsoleAudit
from stack.records.console.commands import ConsoleCommands
from stack.records.console.docker_filter import DockerFilter
from stack.records.console.lines import ConsoleExports, ConsoleTails
from suites.console.collect.asking import Console, ConsoleSilent
from suites.console.collect.commands import documented, execute
from suites.console.collect.live import try_live
from suites.console.collect.trial import RECORDS, Lines, try_own
from suites.core.area import StackCollector
from suites.core.evidence import CollectionError, NotEvaluated, Records
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack

CONSOLE = "console"
DOCAICHE = "docaiche-api"
FILTER = "docker-proxy"
OF_LINES = (ConsoleAudit, ConsoleExports, ConsoleListings, ConsoleQueries, ConsoleScope, ConsoleTails)
"""What says something about stored lines, which a stand-in may have answered."""


class ConsoleCollector(StackCollector):
    """Tries one console, once, the documented commands on the gateway of the run, and the filter of the Docker API."""

    records = (*RECORDS, ConsoleCommands, DockerFilter)

    async def started(self, stack: InspectedStack) -> None:
        """Try it while the services are observed."""
        if not self.run.records & set(RECORDS):
            return
        store = self.run.store
        try:
            found = await (self._live(stack) if self.run.target else self._own(stack))
        except ConsoleSilent as silent:
            store.put_missing(CONSOLE, RECORDS, NotEvaluated(f"the console cannot be tried: {silent}"))
            return
        except Exception as broken:  # noqa: BLE001  # trouble here must not cost everything else its verdicts
            why = CollectionError(f"collecting from the console broke: {type(broken).__name__}: {broken}")
            store.put_missing(CONSOLE, RECORDS, why)
            return
        simulated = OF_LINES if stack.stack.embedded_logs is not None else ()
        store.put(CONSOLE, {kind: found[kind] for kind in found if kind not in simulated}, "live")
        store.put(CONSOLE, {kind: found[kind] for kind in found if kind in simulated}, "simulated")

    async def observed(self, stack: InspectedStack) -> None:
        """Execute the documented commands, now that there are lines to be found, and ask the filter."""
        for subject, kind, collect in (
            (FILTER, DockerFilter, self._filter),
            (CONSOLE, ConsoleCommands, self._commands),
        ):
            try:
                found = await collect(stack) if kind in self.run.records else NotEvaluated("nothing asks for it")
            except Exception as broken:  # noqa: BLE001  # as above
                why = CollectionError(f"collecting {kind.__name__} broke: {type(broken).__name__}: {broken}")
                self.run.store.put_missing(subject, (kind,), why)
            else:
                self.run.store.put(subject, {kind: found if isinstance(found, NotEvaluated) else [found]}, "live")

    async def _filter(self, stack: InspectedStack) -> DockerFilter | NotEvaluated:
        from suites.console.collect.docker_filter import asked, asked_outside, inside

        if self.run.target is not None:
            if not (url := self.run.target.docker_api):
                return NotEvaluated("the target file names no `docker_api` of its `console`", applies=False)
            return await asked_outside(stack.http, url)
        if (missing := stack.missing(FILTER)) is not None:
            component = stack.stack.components.get(FILTER)
            # Processes of this machine are started without it.
            return replace(missing, applies=component is not None and component.provenance != "absent")
        from stack.backends.containers.process import ContainerProcess

        container = stack.stack.process(FILTER)
        if not isinstance(container, ContainerProcess):
            return NotEvaluated(f"{FILTER} is no container of this run", applies=False)
        return await asyncio.to_thread(asked, inside(container))

    async def _commands(self, stack: InspectedStack) -> ConsoleCommands | NotEvaluated:
        if self.run.target is not None:
            return NotEvaluated("the documents are about the stack that is shipped with them", applies=False)
        endpoint = stack.endpoint("gateway")
        if isinstance(endpoint, NotEvaluated):
            return endpoint
        known = stack.stack.credentials
        absent = {name: missing.reason for name in COMPONENTS if (missing := stack.missing(name)) is not None}
        if known.get("gateway") != known.get(CONSOLE):
            absent.setdefault(CONSOLE, "the gateway of this run has users of its own, and no console behind it")
        docaiche = next((one for one in self.run.services if one.service.name == DOCAICHE), None)
        if CONSOLE in absent or docaiche is None or docaiche.base_url is None:
            absent[DOCAICHE] = absent.get(CONSOLE) or f"{DOCAICHE} does not run"
        try:
            return await execute(
                GatewayClient(endpoint, stack.http), known.get("gateway"), documented(self.run.shipped.parent), absent
            )
        except GatewayError as silent:
            return unanswered(str(silent), "gateway", silent)

    async def _live(self, stack: InspectedStack) -> Records:
        target = self.run.target
        if target is None or (facts := target.console) is None:
            why = NotEvaluated("the target file names no `console`", applies=False)
            return dict.fromkeys(RECORDS, why)
        endpoint = stack.endpoint("loki")
        missing = endpoint.reason if isinstance(endpoint, NotEvaluated) else ""
        reader = None if isinstance(endpoint, NotEvaluated) else LokiClient(endpoint, stack.http)
        console = Console(facts.url, target.per_second, target.access.get(CONSOLE, Access()))
        try:
            return await try_live(console, facts, reader, missing)
        finally:
            await console.close()

    async def _own(self, stack: InspectedStack) -> Records:
        try:
            # The packages of the console are none that a run on somebody's live stack needs.
            from stack.console.settings import Settings
            from stack.console.upstream.stand_in import StandInLogs
            from suites.console.collect.own import own_console
        except ImportError as missing:
            return dict.fromkeys(RECORDS, NotEvaluated(f"the console needs a package that is not installed: {missing}"))
        lines, no_lines = self._lines(stack)
        embedded = stack.stack.embedded_logs
        servers: dict[str, Any] = {
            name: stack.stack.endpoint(name) or ""
            for name in COMPONENTS.keys() & {field.name for field in fields(Settings)}
            if stack.missing(name) is None
        }
        with tempfile.TemporaryDirectory(prefix="console-", dir=self.run.work_dir) as folder:
            async with own_console(
                Path(folder),
                lines,
                no_lines,
                StandInLogs(embedded) if embedded is not None else None,
                loki_simulated=embedded is not None,
                dashboards=self.run.shipped / "grafana" / "dashboards",
                **servers,
            ) as (console, own):
                return await try_own(console, own)

    def _lines(self, stack: InspectedStack) -> tuple[Lines | None, str]:
        """Where the agent reads, and where what it delivered is read; or why there is neither."""
        if self.run.log_root is None:
            return None, "the folder that the agent reads is not known"
        reader: LogReader | None = stack.stack.embedded_logs
        if reader is None:
            for name in ("loki", agent_of(stack.stack.components)):
                if (missing := stack.missing(name)) is not None:
                    return None, missing.reason
            reader = LokiClient(str(stack.stack.endpoint("loki")), stack.http)
        return Lines(self.run.log_root, reader), ""
