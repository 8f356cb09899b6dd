"""A delivery: the lines a service emitted, and what the log store has of them.

The record pairs the two, so that each rule asks one question of the pairs: is it there, once, unchanged, under its own
time, its labels, its ids?
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

from stack.components import AGENTS, COMPONENTS
from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry, label_set
from stack.records.logs.losses import Losses
from stack.records.logs.matching import Match, pair
from stack.records.rows import named, plain
from stack.text.plain_yaml import plain_yaml

ANY = "*"
"""In expected labels: any value will do."""

EXAMPLE_FILE = "api.log"
"""The file that the lines of examples are from."""

AGENT_FILE = f"stack/{COMPONENTS[AGENTS[0]].config_file}"
"""The configuration of the usual agent."""


class Arrival(NamedTuple):
    """When a line could be queried, in seconds after it was emitted.

    It was there at `seen_s`, and not yet at `not_before_s`: the truth lies between.
    """

    not_before_s: float
    seen_s: float


@dataclass(frozen=True, eq=False)
class Delivery:
    """What `service` emitted (`lines`, as in the file) and what was found of it (`entries`) within `waited_s` seconds.

    `expected` are the labels the lines have to be found under, `ANY` for any value; if they are not `exact`, a stream
    may have others too, and a line without a level no label for it. `streams` are all streams of the service,
    `stream_budget` how many it may have. `arrivals` are by line, as far as they were watched.
    `json_errors` are texts on which the store's `| json` reports an error, None where it was not asked. `contention`
    says how many processes wanted each core of this machine: only what takes longer than so many times its budget is
    proven to be slow.
    `agent` is the configuration of the log agent, for hints. `losses` is what agent and store counted meanwhile of
    lines that were not stored, read where some are lost. `stored_only`: what was written is not known, and `lines` are
    the stored ones; a `stream_budget` of 0 is none.
    """

    service: str
    expected: Mapping[str, str]
    lines: tuple[EmittedLine, ...]
    entries: tuple[LogEntry, ...]
    streams: tuple[LabelSet, ...] = ()
    arrivals: tuple[Arrival | None, ...] = ()
    json_errors: frozenset[str] | None = frozenset()
    waited_s: float = 20.0
    latency_budget_s: float = 5.0
    stream_budget: int = 20
    contention: float = 1.0
    agent: str = AGENT_FILE
    losses: Losses | None = None
    stored_only: bool = False
    exact: bool = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an example in YAML.

        `expected` (labels) and `emitted` (lines as text) are what is expected; `found` is what is there: a number
        is the perfect delivery of that line, `{of: 2, at: 1.5, line: …, labels: …, ids: …}` for one that differs
        (`labels` and `ids` are changes; null removes), and without `found` all lines are delivered perfectly. Besides
        `arrivals` (pairs of seconds), `json_errors` (line numbers), `budget` (seconds), `streams` (how many may be),
        `contention`, `exact`, `stored` (only what is stored is known), and `misdated` (line numbers).
        """
        return cls(**_fields(_example(text)))

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """Each text that was written, with what was found of it."""
        return pair(self.lines, self.entries, self.is_expected)

    @cached_property
    def found(self) -> tuple[tuple[EmittedLine, LogEntry], ...]:
        """The lines that were found, each with the entry to judge."""
        return tuple((match.line, match.best) for match in self.matches if match.best is not None)

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: not what was made of it."""
        kept = {name: value for name, value in self.__dict__.items() if name not in {"matches", "found"}}
        return kept | {"lines": plain(self.lines), "entries": plain(self.entries)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what `__getstate__` gave."""
        lines, entries = named(EmittedLine, state["lines"]), named(LogEntry, state["entries"])
        self.__dict__.update(state, lines=lines, entries=entries)

    def is_expected(self, labels: LabelSet) -> bool:
        """Whether a stream has the labels that are declared, each with an expected value, and no other if `exact`."""
        values = dict(labels)
        return (values.keys() == self.expected.keys() or not self.exact) and all(
            name in values and wanted in (ANY, values[name]) for name, wanted in self.expected.items()
        )


def _fields(example: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(example)
    fields["arrivals"] = tuple(Arrival(*pair) for pair in fields.pop("arrivals", ()))
    return fields


def _example(text: str) -> dict[str, Any]:
    """Return the fields of the record; `Delivery.parse` describes the form."""
    example = plain_yaml(text) or {}
    expected = example.get("expected", {"service": "api", "level": "*"})
    misdated = example.get("misdated", ())
    lines = tuple(
        EmittedLine.parse(line, number, EXAMPLE_FILE)._replace(misdated=number in misdated)
        for number, line in enumerate(example.get("emitted", ()), 1)
    )
    found = example.get("found", range(1, len(lines) + 1))
    entries = tuple(_entry(one, lines, expected) for one in found)
    failing = example.get("json_errors", ())
    fields: dict[str, Any] = {
        "service": expected.get("service", "api"),
        "expected": expected,
        "lines": lines,
        "entries": entries,
        "streams": tuple(dict.fromkeys(entry.labels for entry in entries)),
        "arrivals": example.get("arrivals", ()),
        "json_errors": None if failing is None else frozenset(lines[number - 1].text for number in failing),
    }
    names = {"budget": "latency_budget_s", "streams": "stream_budget", "waited": "waited_s", "stored": "stored_only"}
    names |= {name: name for name in ("contention", "exact")}
    return fields | {name: example[short] for short, name in names.items() if short in example}


def _entry(written: int | Mapping[str, Any], lines: Sequence[EmittedLine], expected: Mapping[str, str]) -> LogEntry:
    changes: Mapping[str, Any] = {"of": written} if isinstance(written, int) else written
    line = lines[changes["of"] - 1]
    labels = {name: (line.level or "unknown") if value == "*" else value for name, value in expected.items()}
    own = line.time_ns or 0
    return LogEntry(
        _changed(labels, changes.get("labels", {})),
        int(changes["at"] * 1e9) if "at" in changes else own,
        changes.get("line", line.text),
        _changed(dict(line.ids), changes.get("ids", {})),
    )


def _changed(pairs: Mapping[str, str], changes: Mapping[str, str | None]) -> LabelSet:
    return label_set({name: value for name, value in {**pairs, **changes}.items() if value is not None})
