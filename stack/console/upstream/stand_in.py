"""Log lines from the stand-in for Loki, where there is no Loki: the same answers, from memory, marked as simulated."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from stack.console.problems import Problem
from stack.console.upstream.logql import LogFilter, LogQuery
from stack.console.upstream.loki import Count, Counts, Direction, LogLine, Page
from stack.embedded.go_regex import compile_go
from stack.embedded.refusal import ConfigError, NotSimulated
from stack.embedded.stack import EmbeddedLogs

PIECE = 5000


class StandInLogs:
    """A `LogSource` over the embedded agent and store."""

    url = ""

    def __init__(self, logs: EmbeddedLogs) -> None:
        self._logs = logs
        self._busy = asyncio.Lock()

    async def page(self, query: LogQuery, start: int, end: int, limit: int, direction: Direction) -> Page:
        """Return about `limit` lines; see `LogSource`."""
        lines = await self._lines(query, start, end)
        if direction == "backward":
            lines.reverse()
        shown = lines[:limit]
        while len(shown) < len(lines) and lines[len(shown)].time == shown[-1].time:
            shown.append(lines[len(shown)])
        return Page(shown, more=len(shown) < len(lines))

    async def all(self, query: LogQuery, start: int, end: int) -> AsyncGenerator[list[LogLine], None]:
        """Yield every line of a range, oldest first."""
        lines = await self._lines(query, start, end)
        for at in range(0, len(lines), PIECE):
            yield lines[at : at + PIECE]

    async def counts(self, query: LogQuery, labels: tuple[str, ...], start: int, end: int) -> list[Count]:
        """Return how many lines there are by the values of labels."""
        found = Counter(
            tuple(line.labels.get(name, "") for name in labels) for line in await self._lines(query, start, end)
        )
        return [(dict(zip(labels, values, strict=True)), count) for values, count in found.items()]

    async def volume(self, query: LogQuery, start: int, end: int, step_s: int) -> Counts:
        """Return how many lines there are per step and level."""
        found: dict[str, Counter[int]] = {}
        for line in await self._lines(query, start, end):
            step = -(-line.time // (step_s * 10**9)) * step_s
            found.setdefault(line.labels.get("level", "unknown"), Counter())[step] += 1
        return {level: sorted(counts.items()) for level, counts in found.items()}

    async def exists(self, query: LogQuery, start: int, end: int) -> bool:
        """Whether a stream matches, whatever its lines."""
        return bool(await self._lines(replace(query, filter=LogFilter()), start, end))

    async def _lines(self, query: LogQuery, start: int, end: int) -> list[LogLine]:
        try:
            keep = _test(query.filter)
            async with self._busy:  # the agent reads its files on the first request after a while
                entries = await self._logs.entries(query.streams, start, end)
        except NotSimulated as error:
            raise Problem(501, f"without a real Loki this cannot be searched: {error}") from error
        except ConfigError as error:
            raise Problem(400, str(error)) from error
        found = (LogLine(each.timestamp_ns, dict(each.labels), dict(each.metadata), each.line) for each in entries)
        return [line for line in found if keep(line)]


def _test(wanted: LogFilter) -> Callable[[LogLine], bool]:
    patterns = [compile_go(text, "regex") for text in wanted.regex]
    against = [compile_go(text, "regex") for text in wanted.not_regex]

    def keep(line: LogLine) -> bool:
        return (
            all(text in line.text for text in wanted.contains)
            and not any(text and text in line.text for text in wanted.excludes)
            and all(pattern.search(line.text) for pattern in patterns)
            and not any(pattern.search(line.text) for pattern in against)
            and (not wanted.request_id or line.metadata.get("request_id") == wanted.request_id)
            and all(
                (({**line.metadata, **line.labels}).get(name, "") == value) == (operator == "=")
                for name, operator, value in wanted.fields
            )
        )

    return keep
