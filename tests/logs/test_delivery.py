"""Deliveries: lines are paired with what became of them, and the collector waits and searches for them."""

import asyncio
import json
import pickle
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.clients.log_reader import LogStoreError
from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry, label_set
from stack.records.logs.line import LogLine, go_text
from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import Window
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.logs.collect.delivery import DeliveryContract, collect
from suites.logs.collect.emitted import LogContract
from suites.logs.collect.stored import StoredContract, stored_streams
from suites.logs.rules import delivered_exactly_once
from tests.support.pace import within

LABELS = (("level", "info"), ("service", "api"))
NOW = int(time.time()) * 10**9


def line(number: int) -> EmittedLine:
    return EmittedLine.parse(f'{{"ts":{NOW / 1e9 + number},"msg":"line {number}","level":"info"}}', number)


def entry(of: EmittedLine, labels: LabelSet = LABELS, text: str | None = None, at: int | None = None) -> LogEntry:
    return LogEntry(labels, (of.time_ns or NOW) if at is None else at, of.text if text is None else text)


def delivery(lines: Sequence[EmittedLine], entries: Sequence[LogEntry]) -> Delivery:
    return Delivery("api", dict(LABELS), tuple(lines), tuple(entries))


def test_an_altered_line_is_recognised_by_its_time_or_by_its_text() -> None:
    one, two = line(1), line(2)
    cut, other = entry(one, text=one.text[:20], at=NOW - 10**12), entry(two, text="line 2")
    assert [match.altered for match in delivery([one, two], [cut, other]).matches] == [(cut,), (other,)]


@pytest.mark.parametrize(
    "raw", ["本".encode()[:2], "😀".encode()[:3], b"\xed\xa0\x80", b"\xff\xc3\x28", "é本😀".encode()]
)
def test_bad_bytes_are_compared_as_the_store_answers_them(raw: bytes) -> None:
    """Go writes one U+FFFD for each bad byte, Python one for each character that is cut off."""
    shown = "".join(chr(byte) if byte < 128 else "\ufffd" for byte in raw) if b"\xa9" not in raw else "é本😀"
    assert go_text(b"a" + raw + b"z") == f"a{shown}z"


def test_a_line_states_no_time_that_an_agent_could_not_take_and_is_misdated_where_the_store_refuses_it() -> None:
    window = Window(NOW - 10**10, NOW + 10**10)
    for stated, time_ns, misdated in (
        (NOW / 1e9, NOW, False),
        (NOW // 10**6, NOW, False),  # the agents read the unit off the digits
        (NOW // 10**8, None, False),
        (0, None, False),
        (-5, None, False),
        (NOW / 1e9 + 300, NOW + 300 * 10**9, False),
        (NOW / 1e9 + 900, NOW + 900 * 10**9, True),
        ('"0001-01-01T00:00:00Z"', -62135596800 * 10**9, True),
    ):
        line = EmittedLine.read(LogLine.parse(f'{{"ts":{stated},"msg":"a"}}'), window)
        assert (line.time_ns, line.misdated) == (time_ns, misdated), stated


def test_ids_are_compared_as_the_store_keeps_them() -> None:
    line = EmittedLine.parse('{"ts":1.5,"request_id":"gr\ufffd\ufffde"}')
    assert dict(line.ids) == {"request_id": "gr  e"}


def test_hints_name_the_configuration_of_the_agent_that_runs() -> None:
    lost = Delivery("api", dict(LABELS), (line(1),), (), agent="stack/alloy/config.alloy")
    [finding] = delivered_exactly_once.check.judge(lost)
    assert "a job in stack/alloy/config.alloy reads" in (finding.hint or "")


def test_equal_lines_without_a_time_are_counted() -> None:
    same = [EmittedLine.parse("same", number) for number in (1, 2, 3)]
    [match] = delivery(same, [entry(same[0], at=number) for number in (1, 2)]).matches
    assert (match.lost, match.folded, len(match.entries)) == ((same[2],), (), 2)


def test_the_entry_to_judge_is_the_one_at_the_lines_own_time() -> None:
    one = line(1)
    right, wrong = entry(one), entry(one, at=NOW + 10**11)
    assert delivery([one], [wrong, right]).found == ((one, right),)


@given(st.lists(st.integers(1, 6)), st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["", "cut", "x"]))))
def test_no_entry_counts_twice(emitted: list[int], stored: list[tuple[int, str]]) -> None:
    texts = {"": None, "cut": '{"ts":17', "x": "x"}
    entries = [entry(line(number), text=texts[how], at=NOW + place) for place, (number, how) in enumerate(stored)]
    matches = delivery([line(number) for number in emitted], entries).matches
    used = [id(one) for match in matches for one in (*match.entries, *match.copies, *match.altered)]
    assert len(used) == len(set(used))
    assert len(matches) == len(set(emitted))


class Reader:
    """A store whose entries appear call by call; `broken` makes it fail."""

    def __init__(self, states: list[list[LogEntry]], *, broken: bool = False) -> None:
        self.states, self.broken, self.asked = states, broken, list[str]()

    async def entries(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        if self.broken:
            raise LogStoreError("http://loki: 503 not ready")
        self.asked.append(query)
        now = self.states[0]
        if len(self.states) > 1 and "|" not in query:
            self.states.pop(0)
        wanted: Callable[[LogEntry], bool] = lambda one: start_ns <= one.timestamp_ns < end_ns  # noqa: E731  # short
        if "|~" in query:
            texts = json.loads(query.partition("|~ ")[2])
            return [one for one in now if wanted(one) and re.search(texts, one.line)]
        if query.startswith('{job="files"'):
            return [one for one in now if wanted(one) and dict(one.labels).get("job") == "files"]
        if "|=" in query:
            text = query.partition("|= ")[2].strip('"').replace('\\"', '"')
            return [
                one for one in now if wanted(one) and text in one.line and query[1:].split("=")[0] in dict(one.labels)
            ]
        return [one for one in now if wanted(one) and dict(one.labels).get("service") == "api"]

    async def label_names(self, start_ns: int, end_ns: int) -> list[str]:
        return sorted(
            {name for one in self.states[0] if start_ns <= one.timestamp_ns < end_ns for name, _ in one.labels}
        )

    async def series(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        if list(selectors) == ['{service="api"}']:
            return list({one.labels for one in await self.entries("", start_ns, end_ns)})
        return list({one.labels for one in self.states[0]})

    async def json_errors(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        return [one for one in await self.entries(query, start_ns, end_ns) if not one.line.startswith("{")]


def delivered(reader: Reader, lines: Sequence[EmittedLine], deadline_s: float = 0.5) -> Delivery | NotEvaluated:
    contract = DeliveryContract("api", dict(LABELS))
    found = asyncio.run(collect(reader, contract, lines, NOW / 1e9 - 1, deadline_s=deadline_s))[Delivery]
    if isinstance(found, NotEvaluated):
        return found
    [one] = found
    assert isinstance(one, Delivery)
    return one


def test_waits_until_the_last_line_is_there_and_no_longer() -> None:
    lines = [line(-3), line(-2)]
    both = [entry(one) for one in lines]
    with within(15):
        found = delivered(Reader([[], both[:1], both]), lines, 30)
    assert isinstance(found, Delivery)
    assert found.entries == tuple(both)
    assert found.streams == (LABELS,)
    [first, second] = found.arrivals
    assert first is not None
    assert second is not None
    assert 0 < first.not_before_s <= first.seen_s
    assert second.not_before_s < second.seen_s


def test_equal_lines_are_waited_for_until_all_are_there() -> None:
    lines = [EmittedLine.parse("still the same", number) for number in (1, 2, 3)]
    three = [entry(one, at=NOW + one.number) for one in lines]
    found = delivered(Reader([three[:1], three[:2], three]), lines, 30)
    assert isinstance(found, Delivery)
    assert found.entries == tuple(three)


def test_copies_are_found_in_every_other_stream_but_not_what_another_service_writes_alike() -> None:
    lines = [EmittedLine.parse(f'{{"ts":{NOW // 10**9}.{number},"msg":"a"}}', number) for number in (1, 2, 3)]
    whole = EmittedLine.parse(f'{{"ts":{NOW // 10**9},"msg":"ready"}}', 4)
    copy, twin = (("job", "files"),), (("service", "twin"), ("level", "info"))
    own = [entry(one) for one in (*lines, whole)]
    others = [*(entry(one, copy) for one in lines), entry(whole, twin), entry(lines[0], twin)]
    found = delivered(Reader([own, [*own, *others]]), [*lines, whole])
    assert isinstance(found, Delivery)
    assert {one for match in found.matches for one in match.copies} == {entry(one, copy) for one in lines}


def test_json_is_asked_where_the_lines_were_found() -> None:
    lines, elsewhere = [line(1), line(2)], (("job", "files"),)
    found = delivered(Reader([[entry(lines[0]), entry(lines[1], elsewhere, f"cut {lines[1].text}")]]), lines)
    assert isinstance(found, Delivery)
    said = [finding.message for finding in rules()["logs/delivered-json-parses"].judge(found)]
    assert said == ["line 2 is a JSON object, yet `| json` fails on it"]


def test_too_many_streams_by_a_label_that_no_found_line_has_are_no_other_rule_s_finding() -> None:
    streams = tuple(label_set({**dict(LABELS), "file": str(number)}) for number in range(3))
    found = replace(delivery([line(1)], [entry(line(1))]), streams=streams, stream_budget=2)
    said = [finding.message for finding in rules()["logs/delivered-within-stream-budget"].judge(found)]
    assert said == ["`api` has 3 streams, 2 are allowed; the label with the most values is `file`: 3"]


def test_the_lines_of_a_store_are_known_as_stored() -> None:
    contract = StoredContract(LogContract("api"), {"service": "api"}, {})
    found = asyncio.run(stored_streams(Reader([[entry(line(1))]]), contract, None))
    assert [stream.stored for stream in found[LogStream]] == [True]  # type: ignore[union-attr]


def test_finds_lines_under_a_wrong_label_or_time() -> None:
    lines = [line(1), line(2), EmittedLine.parse("Traceback", 3)]
    elsewhere = (("app", "api"), ("level", "info"))
    trace, foreign = (
        LogEntry((("app", "api"), ("level", "unknown")), NOW, "Traceback"),
        LogEntry((("app", "x"),), NOW, "Traceback"),
    )
    misplaced = [entry(lines[0], elsewhere), entry(lines[1], at=NOW - 3600 * 10**9), trace, foreign]
    found = delivered(Reader([misplaced]), lines)
    assert isinstance(found, Delivery)
    assert set(found.entries) == {*misplaced} - {foreign}


def test_what_cannot_be_known_is_not_evaluated() -> None:
    silent, broken = delivered(Reader([[]]), []), delivered(Reader([[]], broken=True), [line(1)])
    assert silent == NotEvaluated("api emitted no line")
    assert broken == NotEvaluated("the log store does not answer: http://loki: 503 not ready")


@pytest.mark.parametrize(
    ("rotated", "copied"), [("api-2026-11-27.log", True), ("api.1.log", True), ("api.log.1", False)]
)
def test_a_file_that_rotation_renames_to_another_log_is_delivered_twice(rotated: str, copied: bool) -> None:
    texts = [f'{{"ts":{number}.5,"level":"info","msg":"m"}}' for number in range(1, 4)]
    lines = [EmittedLine.parse(text, number, rotated) for number, text in enumerate(texts[:2], 1)]
    lines.append(EmittedLine.parse(texts[2], 1, "api.log"))
    entries = [_stored(line, "api") for line in lines] + [_stored(line, rotated[:-4]) for line in lines[:2] if copied]
    expected = {"service": "api", "instance": "api", "level": "*"}
    found = list(rules()["logs/delivered-exactly-once"].judge(Delivery("api", expected, tuple(lines), tuple(entries))))
    assert bool(found) is copied
    for finding in found:
        assert finding.message.startswith("2 of 3 lines, first line 1, were found up to 2 times, also in `{")
        assert "let rotation give a file a name that does not end in `.log`" in (finding.hint or "")


def _stored(line: EmittedLine, instance: str) -> LogEntry:
    labels = label_set({"service": "api", "instance": instance, "level": "info"})
    return LogEntry(labels, line.time_ns or 0, line.text)


def test_a_delivery_travels_without_what_was_made_of_it() -> None:
    sent = delivery([line(1), line(2)], [entry(line(1))])
    fresh = pickle.dumps(sent)
    assert sent.found
    assert pickle.dumps(sent) == fresh
    back = pickle.loads(fresh)  # noqa: S301  # made two lines above
    assert (back.lines, back.entries) == (sent.lines, sent.entries)
    assert back.found == sent.found
    assert [one.text for one in back.lines] == [one.text for one in sent.lines], "lines with their names"
