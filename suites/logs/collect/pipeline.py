"""Waits for the lines of a service in the log store, and tells the faults of a service from those of a dead agent."""

import asyncio
from collections.abc import Sequence
from functools import cached_property

import httpx

from stack.backends.base import RunningStack, agent_of
from stack.clients.log_reader import LogReader
from stack.clients.loki import LokiClient
from stack.clients.server_client import ServerClient, ServerError
from stack.components import COMPONENTS
from stack.records.logs.delivery import ANY, Delivery
from stack.records.logs.losses import Losses
from stack.records.logs.stream import LogStream
from suites.core.evidence import Kind, NotEvaluated, Records
from suites.core.health import why_down
from suites.core.running_service import RunningService
from suites.logs.collect.delivery import DeliveryContract, collect, emitted
from suites.logs.collect.elsewhere import OtherStreams

DEADLINE_S = 20.0
SIMULATED_DEADLINE_S = 10.0
"""The stand-in reads the files when it is asked, if not at once: what it does not have then it never will."""
STREAMS = 20
"""Streams that a service may have where its catalog entry declares no budget."""


class LogStore:
    """The stack's log store: a real Loki, the stand-in, or the reason why there is neither.

    `others` are its streams that belong to none of the run's `services`.
    """

    def __init__(self, stack: RunningStack, http: httpx.AsyncClient, services: Sequence[RunningService]) -> None:
        self.reader: LogReader | None = stack.embedded_logs
        self.kind: Kind = "simulated" if self.reader is not None else "live"
        self.missing = NotEvaluated("")
        self._stack = stack
        self._known = {
            logs.labels.get("service", ""): frozenset(logs.labels)
            for running in services
            if (logs := running.service.logs) is not None
        }
        self._http = http
        self._before: Losses | None = None
        self.agent = f"stack/{COMPONENTS[agent_of(stack.components)].config_file}"
        if self.reader is not None:
            return
        endpoint, down = stack.endpoint("loki"), self.down()
        if endpoint is None:
            component = stack.components.get("loki")
            self.missing = NotEvaluated(
                f"there is no Loki: {component.detail}" if component else "the stack has no Loki"
            )
        elif down:
            self.missing = down
        elif (
            not self._attached
            and (agent := stack.components.get(agent_of(stack.components)))
            and agent.provenance == "absent"
        ):
            self.missing = NotEvaluated(f"there is no log agent: {agent.detail}")
        else:
            self.reader = LokiClient(endpoint, http)

    @cached_property
    def others(self) -> OtherStreams | None:
        """The streams in which copies of a service's lines are searched for."""
        return OtherStreams(self.reader, self._known) if self.reader is not None else None

    async def losses(self) -> Losses | None:
        """What agent and store counted of lost lines, in this run where they served before it; None if not known."""
        now = await self._losses()
        return now and now.since(self._before or Losses())

    async def remember(self) -> None:
        """Note what was counted before this run, where the servers run for longer than it."""
        if self._attached:
            self._before = await self._losses()

    async def _losses(self) -> Losses | None:
        if self._stack.embedded_logs is not None:
            return self._stack.embedded_logs.losses()
        texts = [await self._metrics(name) for name in ("loki", agent_of(self._stack.components))]
        return None if texts[0] is None else Losses.parse(texts[0], texts[1])

    async def _metrics(self, name: str) -> str | None:
        endpoint = self._stack.endpoint(name)
        if endpoint is None:
            return None
        try:
            answer = await ServerClient(endpoint, self._http).send("GET", "/metrics")
        except ServerError:
            return None
        return answer.text if answer.is_success else None

    def down(self) -> NotEvaluated | None:
        """Why lines cannot be delivered now; None where agent and store both run."""
        names = ("loki",) if self._attached else ("loki", agent_of(self._stack.components))
        return why_down(self._stack, *names)

    @property
    def _attached(self) -> bool:
        """Whether the store is a live one: what it holds can be read whatever becomes of an agent."""
        loki = self._stack.components.get("loki")
        return loki is not None and loki.provenance == "attached"


async def deliveries(running: RunningService, records: Records, store: LogStore) -> Records:
    """Wait until the lines of the service's log are in the store; returns a `Delivery`, or why there is none."""
    streams = records[LogStream]
    if isinstance(streams, NotEvaluated):
        return {Delivery: streams}
    if store.reader is None:
        return {Delivery: store.missing}
    lines = emitted(streams)
    watched = store.kind == "live"
    deadline_s = DEADLINE_S if watched else SIMULATED_DEADLINE_S
    found = await collect(
        store.reader,
        _contract(running, store.agent),
        lines,
        running.started_at - 1,
        deadline_s=deadline_s,
        watched=watched,
        others=store.others,
        losses=store.losses,
    )
    if _all_found(found) or not (down := await asyncio.to_thread(store.down)):
        return found
    return {Delivery: down}  # what died meanwhile is at fault, not the service


def _all_found(found: Records) -> bool:
    judged = found[Delivery]
    return not isinstance(judged, NotEvaluated) and not any(match.lost for each in judged for match in each.matches)


def latencies(records: Records) -> list[float]:
    """Seconds from emission to being found, one per line that was watched."""
    found = records[Delivery]
    if isinstance(found, NotEvaluated):
        return []
    return [round(arrival.seen_s, 3) for delivery in found for arrival in delivery.arrivals if arrival]


def _contract(running: RunningService, agent: str) -> DeliveryContract:
    service = running.service
    assert service.logs is not None  # noqa: S101  # only services with a log get here
    labels = dict(service.logs.labels)
    if labels.get("instance") == ANY and running.log_files:
        labels["instance"] = running.log_instance
    return DeliveryContract(service.name, labels, service.budgets.streams or STREAMS, agent=agent)
