"""Searches the other streams of the log store for copies of a service's lines, as a second scrape job makes them."""

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stack.clients.log_reader import LogReader
from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry
from stack.records.logs.time_stamps import NS

PROBES = 5
"""Lines that are searched for: a job that reads the file has all of them."""

PROBE_LENGTH = 120
"""Characters of a line that are searched for: a query is part of a URL."""

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
"""What has a meaning in a regular expression, in Go as well; Python's own `re.escape` also escapes tabs and blanks."""


@dataclass
class OtherStreams:
    """The streams of a store that belong to no known service.

    `known` are the labels that streams of each service have, by the value of the label `service`: streams with these
    labels are searched by their own service alone, which keeps the search as cheap with 1,000 services as with one.
    """

    reader: LogReader
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _listed: list[LabelSet] = field(default_factory=list)
    _listed_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def copies(
        self, lines: Sequence[EmittedLine], start_ns: int, end_ns: int, entries: Sequence[LogEntry]
    ) -> list[LogEntry]:
        """Return entries in streams other than those of `entries` that are without doubt copies of `lines`."""
        own = {entry.labels for entry in entries}
        others = [labels for labels in await self._streams(start_ns, end_ns) if labels not in own]
        probes = _probes(lines)
        if not others or not probes:
            return []
        patterns = (_SPECIAL.sub(r"\\\g<0>", text[:PROBE_LENGTH]) for text in probes)
        wanted = json.dumps("|".join(patterns), ensure_ascii=False)
        found: dict[LogEntry, None] = {}
        for selector in selectors(others):
            page = await self.reader.entries(f"{selector} |~ {wanted}", start_ns, end_ns)
            found.update(dict.fromkeys(entry for entry in page if entry.labels not in own and entry.line in probes))
        texts = {line.text for line in lines}
        copies: dict[LogEntry, None] = {}
        for source in {_source(entry) for entry in _certain(list(found), probes)}:
            everything = await self.reader.entries(selectors([source])[0], start_ns, end_ns)
            copies.update(dict.fromkeys(one for one in everything if one.labels not in own and one.line in texts))
        return list(copies)

    async def _streams(self, start_ns: int, end_ns: int) -> list[LabelSet]:
        asked_at = time.monotonic()
        async with self._lock:  # those who ask while a list is being read share the next one
            if self._listed_at < asked_at:
                begun_at = time.monotonic()
                names = await self.reader.label_names(start_ns, end_ns)
                any_label = [f'{{{name}=~".+"}}' for name in names]
                every = await self.reader.series(any_label, start_ns, end_ns) if names else []
                self._listed = [labels for labels in every if not self._is_known(labels)]
                self._listed_at = begun_at
            return self._listed

    def _is_known(self, labels: LabelSet) -> bool:
        return self.known.get(dict(labels).get("service", "")) == frozenset(name for name, _ in labels)


def _probes(lines: Sequence[EmittedLine]) -> dict[str, EmittedLine]:
    """Lines that no other service is likely to write, spread over the log; whole seconds are no mark of a line."""
    timed = {line.text: line for line in lines if line.time_ns is not None and line.time_ns % NS}
    some = timed or {line.text: line for line in lines if line.text.strip()}
    step = max(1, len(some) // PROBES)
    return dict(list(some.items())[::step][:PROBES])


def selectors(streams: Sequence[LabelSet]) -> list[str]:
    """A selector for all streams with the same names of labels, by the pairs that they share."""
    by_names: dict[tuple[str, ...], list[LabelSet]] = defaultdict(list)
    for labels in streams:
        by_names[tuple(name for name, _ in labels)].append(labels)
    selectors = []
    for names, alike in by_names.items():
        shared = set(alike[0]).intersection(*alike)
        exact = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(shared)]
        some = [f'{name}=~".+"' for name in names if name not in dict(shared)]
        selectors.append("{" + ", ".join(exact + some) + "}")
    return selectors


def _certain(found: Sequence[LogEntry], probes: Mapping[str, EmittedLine]) -> list[LogEntry]:
    """Those entries that are copies: of several lines with fractions of seconds, or of the very file."""
    texts: dict[LabelSet, set[str]] = defaultdict(set)
    for entry in found:
        texts[_source(entry)].add(entry.line)
    return [
        entry
        for entry in found
        if _from_file(entry, probes[entry.line])
        or ((probes[entry.line].time_ns or 0) % NS and len(texts[_source(entry)]) >= min(2, len(probes)))
    ]


def _from_file(entry: LogEntry, line: EmittedLine) -> bool:
    return line.file is not None and dict(entry.labels).get("filename") == line.file


def _source(entry: LogEntry) -> LabelSet:
    """What one job reads from one file, whatever the level of the lines."""
    return tuple(pair for pair in entry.labels if pair[0] != "level") or entry.labels
