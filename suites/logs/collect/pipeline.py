"""Waits for the lines of a service in the log store, and tells the faults of a service from those of a dead agent."""

import asyncio
from collections.abc import Sequence
from functools import cached_property

import httpx

from stack.backends.base import RunningStack, agent_of
from stack.clients.log_reader import LogReader
from stack.clients.loki import LokiClient
from stack.components import COMPONENTS
from stack.records.logs.delivery import ANY, Delivery
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
        self.missing = ""
        self._stack = stack
        self._known = {
            logs.labels.get("service", ""): frozenset(logs.labels)
            for running in services
            if (logs := running.service.logs) is not None
        }
        self.agent = f"stack/{COMPONENTS[agent_of(stack.components)].config_file}"
        if self.reader is not None:
            return
        endpoint, down = stack.endpoint("loki"), self.down()
        if endpoint is None:
            component = stack.components.get("loki")
            self.missing = f"there is no Loki: {component.detail}" if component else "the stack has no Loki"
        elif down:
            self.missing = down
        elif (agent := stack.components.get(agent_of(stack.components))) and agent.provenance == "absent":
            self.missing = f"there is no log agent: {agent.detail}"
        else:
            self.reader = LokiClient(endpoint, http)

    @cached_property
    def others(self) -> OtherStreams | None:
        """The streams in which copies of a service's lines are searched for."""
        return OtherStreams(self.reader, self._known) if self.reader is not None else None

    def down(self) -> str:
        """Why lines cannot be delivered now; empty where agent and store both run."""
        return why_down(self._stack, "loki", agent_of(self._stack.components))


async def deliveries(running: RunningService, records: Records, store: LogStore) -> Records:
    """Wait until the lines of the service's log are in the store; returns a `Delivery`, or why there is none."""
    streams = records[LogStream]
    if isinstance(streams, NotEvaluated):
        return {Delivery: streams}
    if store.reader is None:
        return {Delivery: NotEvaluated(store.missing)}
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
    )
    if _all_found(found) or not (down := await asyncio.to_thread(store.down)):
        return found
    return {Delivery: NotEvaluated(down)}  # what died meanwhile is at fault, not the service


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
        # From the layout of log files, see the agent's configuration; of a container it is the name.
        labels["instance"] = running.instance or running.log_files[0].stem
    return DeliveryContract(service.name, labels, service.budgets.streams or STREAMS, agent=agent)
