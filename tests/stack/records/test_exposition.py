"""The exposition records: formats, bodies of other kinds, precise faults, and what the rules build on."""

import gzip
import pickle
import re
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client.exposition import generate_latest as generate_text
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from stack.records.exposition.exposition import Exposition, MetricFamily, OpenMetricsExposition, TextExposition
from stack.records.exposition.faults import MAX_FAULTS
from stack.records.exposition.model import Format, Sample
from suites.core.discovery import rules

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DATA = Path(__file__).parents[2] / "data" / "expositions"


@pytest.mark.parametrize(
    ("body", "content_type", "record"),
    [
        (b"a 1\n", None, TextExposition),
        (b"a 1\n# EOF\n", None, OpenMetricsExposition),
        (b"a 1\n# EOF\n", "text/plain; version=0.0.4", TextExposition),
        (b"a 1\n", OPENMETRICS, OpenMetricsExposition),
        (b"a 1\n", "application/octet-stream", TextExposition),
        (b"a 1\n# EOF\n", "application/octet-stream", OpenMetricsExposition),
        (b"", None, TextExposition),
    ],
)
def test_the_content_type_decides_then_the_end(body: bytes, content_type: str | None, record: type) -> None:
    assert type(Exposition.read(body, content_type)) is record


def test_a_subclass_reads_its_own_format() -> None:
    assert OpenMetricsExposition.parse("a 1\n").format is Format.OPENMETRICS
    assert TextExposition.parse("a 1\n# EOF\n").format is Format.TEXT


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"\n<!doctype html>\n<html></html>", "an HTML page"),
        (b'{"status": "ok"}\n', "a JSON document"),
        (gzip.compress(b"a 1\n", mtime=0), "gzip data that was not decompressed"),
        (bytes(range(256)) * 40, "binary data"),
        (b"\0" * 1000, "binary data"),
    ],
)
def test_what_is_no_exposition_is_one_finding(body: bytes, what: str) -> None:
    read = Exposition.read(body, "text/plain")
    assert [fault.subject for found in read.faults.values() for fault in found] == [("body", what)]
    assert read.families == ()


def test_a_nul_in_a_label_value_is_text() -> None:
    read = Exposition.read(b'a{b="x\0y"} 1\n', None)
    assert read.faults == {}
    assert read.families[0].samples[0].labels == (("b", "x\0y"),)


def test_undecodable_bytes_are_replaced_and_reported_by_line() -> None:
    read = Exposition.read(b'a{b="\xff"} 1\nb 2\nc{d="\xe9"} 3\n', None)
    (fault,) = read.faults["invalid_utf8"]
    assert (fault.line, fault.times, fault.detail) == (1, 2, {"byte": "0xFF", "column": "6"})
    assert [sample.value for sample in read.samples()] == [1, 2, 3]


def test_missing_content_type_is_not_the_same_as_no_response() -> None:
    assert Exposition.read(b"a 1\n", None).content_type == ""
    assert Exposition.parse("a 1\n").content_type is None
    assert Exposition.parse("Content-Type: text/plain\n\na 1\n").content_type == "text/plain"


@pytest.mark.parametrize(
    ("line", "reason", "column"),
    [
        ('a{b="c} 1', "the quote of label `b` is not closed", 5),
        ('a{b="c" 1', "the braces are not closed", 9),
        ('a{b="c"', "the braces are not closed", 8),
        ('a{b="c",="d"} 1', "a label name is missing", 9),
        ("a{b=c} 1", "the value of label `b` is not quoted", 5),
        ("a{b} 1", "label `b` has no `=`", 4),
        ("a 1 2 3", "text after the sample", 7),
        ("a", "a sample without a value", 2),
        ('{b="c"} 1', "a sample without a metric name", 8),
        ('"a" 1', "a quoted metric name outside the braces", 1),
        ("Traceback (most recent call last):", "a line that is neither a sample nor a comment", 1),
    ],
)
def test_says_where_a_line_breaks(line: str, reason: str, column: int) -> None:
    read = TextExposition.parse(f"x 1\n{line}\ny 2\n")
    found = [fault for fault in read.faults["unparsable"] if fault.subject == ("line", reason)]
    assert [(fault.line, fault.detail) for fault in found] == [(2, {"column": str(column)})], read.faults
    assert [sample.name for sample in read.samples()] == ["x", "y"], "the lines around it are read"


@pytest.mark.parametrize(
    "line",
    [
        '  a { b = "c" , d="e" , } 1 ',
        '\ta{b="c",d="e"}\t1\t',
        'a{b="c",d="e",}1',
        'a {"b"="c","d"="e"} 1',
        '{"a",b="c",d="e"} 1',
    ],
)
def test_the_text_format_is_as_lenient_as_its_page(line: str) -> None:
    read = TextExposition.parse(f"# a comment\n\n \t\n{line}\n")
    assert read.faults == {}
    assert list(read.samples()) == [Sample("a", (("b", "c"), ("d", "e")), 1.0, None, 4)]


@pytest.mark.parametrize("line", ['a{__name__="b"} 1', '{"a",__name__="b"} 1'])
def test_a_name_given_twice_is_a_label_given_twice(line: str) -> None:
    for end in ("", "# EOF\n"):
        assert list(Exposition.parse(f"{line}\n{end}").faults) == ["duplicate_label_name"]


def test_timestamps_are_seconds_in_both_formats() -> None:
    assert Exposition.parse("a 1 1500\n").families[0].samples[0].timestamp == 1.5
    assert Exposition.parse("a 1 1.5\n# EOF\n").families[0].samples[0].timestamp == 1.5


def test_many_lines_with_one_fault_are_one_violation() -> None:
    read = Exposition.parse("".join(f'a{{b-c="{number}"}} 1\n' for number in range(500)))
    assert [(fault.line, fault.times) for fault in read.faults["bad_label_name"]] == [(1, 500)]


def test_violations_are_bounded_and_counted() -> None:
    read = Exposition.parse("".join(f"a-{number} 1\n" for number in range(500)))
    assert len(read.faults["bad_metric_name"]) == MAX_FAULTS
    assert read.fault_counts["bad_metric_name"] == 500
    messages = [finding.message for finding in rules()["metrics/metric-names"].judge(read)]
    assert messages[-1] == "and 400 more of the same kind"


def test_label_values_are_counted_per_family_and_label() -> None:
    read = Exposition.parse('a{p="x",q="1"} 1\na{p="x",q="2"} 1\nb{p="y"} 1\n')
    assert read.label_values == {"a": {"p": {"x": 2}, "q": {"1": 1, "2": 1}}, "b": {"p": {"y": 1}}}


@pytest.mark.parametrize(
    ("second", "values"),
    [
        ('p="x",q="2"', {"p": {"x": 2}, "q": {"1": 1, "2": 1}}),
        ('q="2",p="x"', {"p": {"x": 2}, "q": {"1": 1, "2": 1}}),
        ('p="x"', {"p": {"x": 2}, "q": {"1": 1}}),
        ('p="x",r="1"', {"p": {"x": 2}, "q": {"1": 1}, "r": {"1": 1}}),
        ('p="x",p="y"', {"p": {"x": 2, "y": 1}, "q": {"1": 1}}),
    ],
)
def test_label_values_are_counted_whatever_labels_the_series_of_a_family_have(
    second: str, values: dict[str, dict[str, int]]
) -> None:
    read = Exposition.parse(f'a{{p="x",q="1"}} 1\na{{{second}}} 1\n')
    assert read.label_values["a"] == values


def test_label_values_of_a_label_that_is_there_twice_are_counted() -> None:
    read = Exposition.parse('a{p="x",p="y"} 1\na{p="x",p="z"} 1\n')
    assert read.label_values["a"] == {"p": {"x": 2, "y": 1, "z": 1}}


def test_travels_by_pickle() -> None:
    read = Exposition.parse('# TYPE a counter\na_total{b="c"} 1 # {t="x"} 0.5 2\n# EOF\n')
    assert read.label_values
    copy = pickle.loads(pickle.dumps(read))  # noqa: S301  # made in this expression
    assert copy == read
    assert copy.families[0].samples[0].series == 'a_total{b="c"}', "a sample with its name, not any tuple"
    assert type(copy) is OpenMetricsExposition
    assert copy.cache == {}


def test_one_family_or_an_error() -> None:
    assert MetricFamily.parse("# TYPE a gauge\na 1\n").type == "gauge"
    with pytest.raises(ValueError, match="expected one metric family, found \\['a', 'b'\\]"):
        MetricFamily.parse("a 1\nb 2\n")


def test_the_python_client_conforms_in_both_formats() -> None:
    registry = CollectorRegistry()
    Counter("requests", 'Requests of "all" kinds.', ["path"], registry=registry).labels('/"x"\\\n').inc(
        exemplar={"trace_id": "abc"}
    )
    Gauge("in_flight", "Now.", registry=registry).set(float("nan"))
    Histogram("latency_seconds", "How long.", ["path"], registry=registry).labels("/").observe(0.3, {"trace_id": "a"})
    Summary("size_bytes", "How large.", registry=registry).observe(3)
    Info("build", "Which.", registry=registry).info({"version": "1"})
    Enum("state", "How.", states=["on", "off"], registry=registry).state("on")
    Gauge("my.metric", "Quoted.", ["my.label"], registry=registry).labels("x").set(1)
    write_openmetrics: Any = generate_openmetrics  # it has no types
    text = Exposition.read(generate_text(registry, escaping="allow-utf-8"), "text/plain; version=1.0.0")
    openmetrics = Exposition.read(write_openmetrics(registry, escaping="allow-utf-8"), OPENMETRICS)
    assert text.faults == {}
    assert openmetrics.faults == {}
    assert text.series_count == openmetrics.series_count > 20


@pytest.mark.parametrize("path", sorted(DATA.glob("good/*")), ids=lambda path: path.name)
def test_accepts_real_shapes(path: Path) -> None:
    assert Exposition.parse(path.read_text()).faults == {}


@pytest.mark.parametrize("path", sorted(DATA.glob("bad/*.prom")), ids=lambda path: path.name)
def test_reports_every_fault_of_a_broken_document(path: Path) -> None:
    """The file next to it lists the expected faults as `line kind`."""
    read = Exposition.parse(path.read_text())
    found = sorted((fault.line, kind) for kind, faults in read.faults.items() for fault in faults)
    expected = [re.split(" +", line) for line in path.with_suffix(".expected").read_text().splitlines()]
    assert found == sorted((int(line), kind) for line, kind in expected)


def test_time_grows_with_the_size() -> None:
    """Generous, since other work shares the machine: quadratic work would be ten times over it."""

    def seconds(count: int, line: str) -> float:
        text = "".join(line.format(number) for number in range(count))
        started = time.process_time()
        Exposition.parse(text)
        return time.process_time() - started

    for line in (
        'a{{b="{0}"}} 1\n',
        'a-b{{b="{0}"}} 1\n',
        'a{{b="{0}\n',
        "# TYPE a{0} counter\na{0} 1\n",
        'a{{b="1"}} 1\n',
    ):
        seconds(100, line)
        assert seconds(20_000, line) < 40 * max(seconds(2_000, line), 0.002), line


def test_a_long_line_takes_linear_time() -> None:
    started = time.process_time()
    for line in (
        "a" * 10**6,
        "a{" + 'b="c",' * 10**5,
        "a{" + 'b="\\\\',
        '{"' + "\\x" * 10**5,
        "a " + "1" * 10**6,
        " " * 10**6,
    ):
        for record in (TextExposition, OpenMetricsExposition):
            record.parse(line + "\n")
    assert time.process_time() - started < 5
