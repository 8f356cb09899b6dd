"""What looks like an id, which unit is in a name, and what the records refuse to read."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import given, strategies

from fixtures.broken._miniature.endpoints import BEHAVIOURS
from fixtures.broken._miniature.loopback_server import Server, serving
from stack.clients.http import fetch
from stack.records.exposition import lines as lines_module
from stack.records.exposition.again import lines_read, places_of_counters, read_again
from stack.records.exposition.exposition import Exposition
from stack.records.exposition.lines import Lines
from stack.records.scrape.budget import USUAL, BudgetedScrape
from stack.records.scrape.contract import Contract, MetricContract
from stack.records.scrape.negotiation import TEXT, ContentType
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.repeats import Repeats, differing
from stack.records.scrape.scrape import Scrape
from stack.records.scrape.target import ScrapeTarget, series_key
from suites.core.discovery import rules
from suites.metrics.collect.scrapes import after, before
from suites.metrics.helpers.ids import kind_of_id
from suites.metrics.helpers.units import unit_in
from tests.support.pace import within


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("6b1d3c0e-1f0a-4c39-9f5f-2f1f0b0c9a11", "UUIDs"),
        ("job-6B1D3C0E-1F0A-4C39-9F5F-2F1F0B0C9A11", "UUIDs"),
        ("ann.o@example.org", "e-mail addresses"),
        ("192.168.7.12", "IP addresses"),
        ("10.0.0.1:8080", "IP addresses"),
        ("2001:db8::1", "IP addresses"),
        ("fe80::1ff:fe23:4567:890a", "IP addresses"),
        ("/users/42", "paths with numbers"),
        ("/4", "paths with numbers"),
        ("/api/v1/orders/77/items?x=1", "paths with numbers"),
        ("https://shop.example/orders/77", "paths with numbers"),
        ("0123456789abcdef0123456789abcdef", "long hexadecimal numbers"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln", "JSON web tokens"),
        ("2026-01-31T12:00:00Z", "times"),
        ("1769860800", "times"),
        ("1769860800123", "times"),
        ("4711081", "long numbers"),
    ],
)
def test_looks_like_an_id(value: str, kind: str) -> None:
    assert kind_of_id(value) == kind


@pytest.mark.parametrize(
    "value",
    [
        *("", "/", "200", "GET", "us-east-1a", "v1", "/api/v1/users/:id", "/api/v2/", "/users/{id}/orders", "1.2.3"),
        *(
            "go1.26.6",
            "127.0.0.1:9090",
            "0.0.0.0",  # noqa: S104  # a label value, nothing listens on it
            "::1",
            "localhost:9090",
            "nvme0n1",
            "http://127.0.0.1:9093/api/v2/alerts",
        ),
        *(
            "0.99",
            "+Inf",
            "decade",
            "feedfacecafebeef",
            "2026-01-31",
            "application/json",
            "a@b",
            "12345",
            "10.0",
            "x" * 5000,
        ),
    ],
)
def test_does_not_look_like_an_id(value: str) -> None:
    assert kind_of_id(value) is None


@pytest.mark.parametrize(
    "value", ["a" * 100_000 + "@", "/" * 100_000 + "1", "1." * 50_000, "a:" * 50_000, "eyJ" * 40_000]
)
def test_looking_takes_no_time_whatever_the_value(value: str) -> None:
    with within(0.5):
        kind_of_id(value)


@pytest.mark.parametrize(
    ("name", "unit", "base", "factor"),
    [
        ("a_milliseconds", "milliseconds", "seconds", "0.001"),
        ("a_kibibits", "kibibits", "bytes", "1024*1/8"),
        ("a_hours_total", "hours", "seconds", "3600"),
        ("a_fahrenheit", "fahrenheit", "celsius", None),
        ("a_kilometres", "kilometres", "metres", "1000"),
        ("a_bytes_hours", "bytes", "bytes", "1"),
    ],
)
def test_units(name: str, unit: str, base: str, factor: str | None) -> None:
    assert unit_in(name) == (unit, base, factor)


@pytest.mark.parametrize("name", ["a_ratio", "jobs", "nanobot", "a_picoload", "seconds2"])
def test_no_units(name: str) -> None:
    assert unit_in(name) is None


@pytest.mark.parametrize(
    ("read", "text", "problem"),
    [
        (Scrape.parse, "HTTP/1.1 200 OK\nno header\n", "not a header"),
        (Scrape.parse, "X-Error: strange: it broke\n", "X-Error begins with one of connect, tls"),
        (ScrapePair.parse, "a 1\n", "separated by a line"),
        (BudgetedScrape.parse, "series: 1\n", "the budget ends with a line"),
        (MetricContract.parse, "required: []\n", "the contract ends with a line"),
        (ContentType.parse, "text", "is not a media type"),
        (ContentType.parse, "text/plain; version=", "is not a media type with"),
    ],
)
def test_malformed_records_say_what_is_wrong(read: Callable[[str], object], text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read(text)


def test_a_series_is_found_again_with_its_labels_in_another_order() -> None:
    pair = ScrapePair.parse('a{x="1",y="2"} 1\nb 1\n--- 15 s later\na{y="2",x="1"} 3\n')
    assert [change.after.value if change.after else None for f, _ in pair.families() for change in pair.changes(f)] == [
        3,
        None,
    ]


def test_series_that_differ_are_those_that_not_all_scrapes_have() -> None:
    body = Lines(b'# TYPE a gauge\na{x="}",y="\\"{"} 1 17\nb 2\n{"c.d",e="f"} 3\nd 4\n\n')
    series = frozenset({b'a{x="}",y="\\"{"}', b'{"c.d",e="f"}'})
    assert differing([body, Lines(b"d 4\nb 3\nx\t5 # {} 1 2\n")]) == (series, frozenset({b"x"}))
    assert differing([body, body]) == (frozenset(), frozenset())
    assert differing([]) == ()


LINES = ["a 1", "a 2", 'a{x="}"} 1', 'a{x="}"} 2 17', 'a{x="\\"{"} 1', "b", "b 3", "# HELP a", ""]


@given(strategies.lists(strategies.lists(strategies.sampled_from(LINES), max_size=8), min_size=1, max_size=4))
def test_series_that_not_all_expositions_have(texts: list[list[str]]) -> None:
    found = differing([Lines("\n".join(lines).encode()) for lines in texts])
    series = [
        {line.rpartition("} ")[0] or line.split(" ")[0] for line in lines if line and line[0] in "ab"}
        for lines in texts
    ]
    common = {name for name in series[0] if all(name in names for names in series)}
    assert [{name.decode().removesuffix("}") for name in here} for here in found] == [each - common for each in series]


@pytest.mark.parametrize(
    "line",
    ['a_total{x="1"} %s\n', 'a_total{x="b c"} %s 1700\n', "a_total\t%s\n", "a_total  %s\n", "a_total %s # {} 1 2\n"],
)
@pytest.mark.parametrize("moved", ["", "# HELP b Up to 5\nb 1\n"])
def test_a_fall_is_seen_in_lines_of_any_form(line: str, moved: str) -> None:
    start = "# TYPE a_total counter\nprocess_start_time_seconds %s\n"
    repeats = Repeats(Lines((start % "9 1" + line % 5).encode()), {"a_total"})
    repeats.add([Lines((start % "9 2" + moved + line % value).encode()) for value in (6, 7)])
    assert not repeats.falls
    repeats.add([Lines((start % "9 3" + line % 6).encode())])
    assert [(fall.before, fall.after) for fall in repeats.falls.values()] == [(7, 6)]
    repeats.add([Lines((start % "10" + line % 0).encode())])
    assert repeats.restarted
    assert repeats.count == 3


@given(strategies.lists(strategies.lists(strategies.sampled_from(LINES), max_size=8), min_size=2, max_size=2))
def test_lines_are_the_same_in_whatever_pieces_they_are_cut(texts: list[list[str]]) -> None:
    one, other = ("".join(f"{line}\n" for line in lines).encode() for lines in texts)
    whole, like = Lines(one), Lines(other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "_PIECE", 3)
        for cut in (Lines(one), Lines(one, like), Lines(one, whole)):
            assert (cut.heads, cut.tails) == (whole.heads, whole.tails)
    assert cut.heads is whole.heads


@given(strategies.lists(strategies.lists(strategies.sampled_from("0123"), min_size=3, max_size=3), max_size=4))
def test_falls_are_the_same_where_the_places_of_counters_are_known(scrapes: list[list[str]]) -> None:
    body = '# TYPE a_total counter\na_total{{x="1"}} {}\na_total{{x="2"}} {}\n{}\n# TYPE b gauge\nb 1\n'
    start = "process_start_time_seconds {}"
    read = Exposition.read(body.format(9, 9, start.format(0)).encode(), "text/plain")
    again = read_again(read, body.format(2, 2, start.format(0)).encode())
    assert again is not None
    lines = lines_read(again)
    assert lines is not None
    known, by_name = Repeats(lines, {"a_total"}, places_of_counters(again)), Repeats(lines, {"a_total"})
    for first, second, restart in scrapes:
        scrape = Lines(body.format(first, second, start.format(int(restart == "3"))).encode(), lines)
        for repeats in (known, by_name):
            repeats.add([scrape])
    assert (known.falls, known.restarted, known.count) == (by_name.falls, by_name.restarted, by_name.count)


def test_bounds_are_compared_as_numbers_and_empty_labels_left_out() -> None:
    assert series_key("a", [("le", "1"), ("x", "")]) == series_key("a", [("le", "1.0")])
    assert series_key("a", [("le", "+Inf")]) == series_key("a", [("le", "inf")])
    assert series_key("a", [("x", "1")]) != series_key("a", [("x", "1.0")])


def test_many_slow_services_are_collected_at_the_same_time() -> None:
    """One after the other would take 60 × 4 × 0.3 s = 72 s; on few hosts, each gets only a few requests at once."""
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(BEHAVIOURS)) for _ in range(12)]

        async def one(server: Server) -> Exposition:
            url = server.url("slow-but-fine")
            records = await after(await before(url), Contract(), USUAL, 0)
            (exposition,) = records[Exposition]  # type: ignore[misc]  # a sequence here, not a reason
            assert isinstance(exposition, Exposition)
            return exposition

        async def run() -> list[Exposition]:
            return list(await asyncio.gather(*(one(server) for server in servers * 5)))

        with within(20):
            found = asyncio.run(run())
    assert [exposition.series_count for exposition in found] == [1] * 60


def test_fetch_stops_at_its_limit() -> None:
    with serving(BEHAVIOURS) as server:
        scrape, body = asyncio.run(fetch(server.url("flood"), TEXT, max_bytes=1000))
    assert (scrape.error_kind, body) == ("too-large", b"")
    assert scrape.size == 1001


@pytest.mark.parametrize(
    ("stored", "timed", "hint"),
    [
        (" a", False, "begin the line with the name"),
        ("b", True, "leave the timestamps out"),
        ("b", False, "read Prome"),
    ],
)
def test_the_hint_for_a_series_that_is_not_stored_names_what_is_known(stored: str, timed: bool, hint: str) -> None:
    target = ScrapeTarget("j", (), exposed=frozenset({series_key("a", [])}), stored=frozenset({series_key(stored, [])}))
    finding = next(iter(rules()["metrics/stored-equals-exposed"].judge(replace(target, timed=timed))))
    assert (finding.hint or "").startswith(hint)
