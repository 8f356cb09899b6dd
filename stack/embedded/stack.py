"""Agent and store together, read through the same interface as a real Loki; always up to date when asked."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.embedded.agent import Agent
from stack.embedded.config import read_config
from stack.embedded.limits import limits
from stack.embedded.log_store import LogStore, StoreReader
from stack.records.logs.entry import LabelSet, LogEntry
from stack.records.logs.losses import Losses

PAUSE_S = 0.05
"""Files are looked at again no sooner, so that many askers at once cost one look."""

SHARE = 5.0
"""Looking takes at most one part in so many of the time, however many files there are."""


class EmbeddedLogs:
    """The simulated way of a line from its file to the store.

    Raises `NotSimulated` where the configuration uses what the stand-ins do not know, `ConfigError` where the real
    servers would refuse it too.
    """

    def __init__(self, promtail_config: Path, loki_config: Path, environment: Mapping[str, str]) -> None:
        loki = read_config(loki_config.read_text(encoding="utf-8"), environment, loki_config.name)
        self.store = LogStore(limits(loki, loki_config.name))
        self.agent = Agent(promtail_config, environment, self.store)
        self._reader = StoreReader(self.store)
        self._next_look = 0.0

    async def label_names(self, start_ns: int, end_ns: int) -> list[str]:
        """Return the names of all labels in use, after reading what is new in the files."""
        self._catch_up()
        return await self._reader.label_names(start_ns, end_ns)

    async def series(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        """Return the streams that match any of the selectors, after reading what is new in the files."""
        self._catch_up()
        return await self._reader.series(selectors, start_ns, end_ns)

    async def entries(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query, after reading what is new in the files."""
        self._catch_up()
        return await self._reader.entries(query, start_ns, end_ns)

    async def json_errors(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query that are no JSON objects, after reading what is new in the files."""
        self._catch_up()
        return await self._reader.json_errors(query, start_ns, end_ns)

    def losses(self) -> Losses:
        """What the store refused, by reason, and how many lines were read of each file."""
        refused = Counter(rejected.reason for rejected in self.store.rejected)
        return Losses(refused=dict(refused), read=dict(self.agent.read))

    def _catch_up(self) -> None:
        started = time.monotonic()
        if started >= self._next_look:
            self.agent.catch_up()
            ended = time.monotonic()
            self._next_look = ended + max(PAUSE_S, SHARE * (ended - started))
