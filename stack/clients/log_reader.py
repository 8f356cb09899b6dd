"""What can be queried of a log store, be it a real Loki or the embedded one."""

from collections.abc import Sequence
from typing import Protocol

from stack.clients.server_client import ServerError
from stack.records.logs.entry import LabelSet, LogEntry


class LogStoreError(ServerError):
    """The log store did not answer as it should."""


class LogReader(Protocol):
    """Reads of a log store. Times are nanoseconds since 1970, `start_ns` inclusive, `end_ns` exclusive.

    All raise `LogStoreError`.
    """

    async def label_names(self, start_ns: int, end_ns: int) -> list[str]:
        """Return the names of all labels in use, sorted."""
        ...

    async def series(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        """Return the streams that match any of the selectors."""
        ...

    async def entries(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return all lines of a log query, oldest first, however many there are."""
        ...

    async def json_errors(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query on which `| json` reports an error."""
        ...
