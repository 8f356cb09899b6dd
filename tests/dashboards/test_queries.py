"""Queries of dashboards: variables put in as Grafana does, its steps, the names that a query relies on."""

import pytest

from stack.records.dashboards.panel import Datasource, Variable, panels_of, variables_of
from stack.text.view import View
from suites.dashboards.collect.panels import in_order
from suites.dashboards.helpers.interpolate import choose, interpolate, referenced
from suites.dashboards.helpers.intervals import fill, length_of, time_range
from suites.dashboards.helpers.query_names import selected, stream_labels


def variable(
    name: str = "job",
    *current: str,
    query: str = "",
    multi: bool = True,
    include_all: bool = True,
    all_value: str = "",
) -> Variable:
    return Variable(name, "query", query, Datasource("prometheus"), "", multi, include_all, all_value, current)


def put(text: str, one: Variable, found: list[str], datasource: str = "prometheus") -> str:
    return interpolate(text, {one.name: choose(one, found)}, datasource)


@pytest.mark.parametrize(
    ("one", "found", "expected"),
    [
        (variable("job", "$__all", all_value=".+"), ["a", "b"], ".+"),
        (variable("job", "$__all"), ["a", "b.c"], r"(a|b\\.c)"),
        (variable("job", "$__all"), ["a"], "a"),
        (variable("job", "b", "gone"), ["a", "b", "c"], "b"),
        (variable("job", "b", "c"), ["a", "b", "c"], "(b|c)"),
        (variable("job", "gone"), ["a", "b"], "a"),
        (variable("job", "a.b", multi=False, include_all=False), ["a.b"], "a.b"),
        (variable("job", "$__all"), [r"a\b"], r"a\\\\b"),
    ],
)
def test_variables_are_replaced_as_grafana_does(one: Variable, found: list[str], expected: str) -> None:
    assert put('up{job=~"$job"}', one, found) == f'up{{job=~"{expected}"}}'
    assert put('up{job=~"${job}"}', one, found) == f'up{{job=~"{expected}"}}'
    assert put('up{job=~"[[job]]"}', one, found) == f'up{{job=~"{expected}"}}'


def test_loki_takes_alternatives_without_parentheses() -> None:
    assert put('{job=~"$job"}', variable("job", "$__all"), ["a", "b"], "loki") == '{job=~"a|b"}'


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("raw", "a,b"),
        ("csv", "a,b"),
        ("pipe", "a|b"),
        ("regex", "(a|b)"),
        ("json", '["a", "b"]'),
        ("doublequote", '"a","b"'),
        ("singlequote", "'a','b'"),
        ("percentencode", "a%2Cb"),
        ("glob", "{a,b}"),
        ("unheard-of", "{a,b}"),
    ],
)
def test_formats(how: str, expected: str) -> None:
    assert put(f"x ${{job:{how}}} y", variable("job", "$__all"), ["a", "b"]) == f"x {expected} y"


def test_what_is_no_variable_of_the_dashboard_stays() -> None:
    text = 'rate(x{a="$other", b="$jobs"}[$__rate_interval]) # $__range'
    assert put(text, variable(), ["a"]) == text
    assert referenced(text) == {"other", "jobs", "__rate_interval", "__range"}


def test_variables_come_after_those_they_mention_and_a_circle_ends() -> None:
    service = variable("service", query='label_values(up{system=~"$system"}, job)')
    system = variable("system", query="label_values(up, system)")
    assert in_order([service, system]) == [system, service]
    one, two = variable("one", query="$two"), variable("two", query="$one")
    assert {found.name for found in in_order([one, two])} == {"one", "two"}


@pytest.mark.parametrize(
    ("width", "length", "least", "aligned", "step", "rate"),
    [
        (24, 3600, "15s", True, 15, 60),  # 1.9 s rounded to 2 s, but the scrape interval is the least
        (8, 86400, "15s", True, 120, 135),  # 135 s rounded
        (24, 3600, "", True, 15, 60),  # a datasource that names none is taken to be scraped every 15 s
        (12, 3600, "", False, 5, 60),  # 3.75 s rounded
        (24, 7 * 86400, "1m", True, 300, 360),
    ],
)
def test_steps_and_rate_interval_are_those_of_grafana(
    width: int, length: float, least: str, aligned: bool, step: float, rate: float
) -> None:
    times = time_range(width, length, least, 1_000_000.1, aligned=aligned)
    assert (times.step, times.rate_interval) == (step, rate)


def test_the_time_range_ends_with_the_running_step() -> None:
    times = time_range(24, 3600, "15s", 1_000_001.0, aligned=True)
    assert times.end % 15 == 0
    assert 1_000_001.0 <= times.end < 1_000_016.0
    assert times.end - times.start == 3600


def test_built_in_variables_of_time() -> None:
    times = time_range(24, 3600, "15s", 1e6, aligned=True)
    text = "[$__interval] [${__rate_interval}] [$__range] $__interval_ms $__range_s $__range_ms $__other"
    assert fill(text, times, "prometheus", instant=False) == "[15s] [60s] [3600s] 15000 3600 3600000 $__other"
    assert fill("[$__auto]", times, "loki", instant=True) == "[3600s]"
    assert fill("[$__auto] [$__rate_interval]", times, "loki", instant=False) == "[15s] [15s]"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("now-1h", 3600),
        ("24h", 86400),
        ("now-7d", 604800),
        ("now-1M", 2592000),
        ("2026-01-01", 21600),
        ("now/d", 21600),
    ],
)
def test_lengths(text: str, length: float) -> None:
    assert length_of(text) == length


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("up", {"up": ()}),
        (
            'sum by (job, le) (rate(a_bucket{le="up"}[5m])) / on (job) group_left (team) b:c',
            {"a_bucket": ("le",), "b:c": ()},
        ),
        ("count(up) by (job) or vector(0) # not_me", {"up": ()}),
        ('{__name__="x", y="z"} or {__name__=~"w.*"}', {"x": ("y",)}),
        ('{__name__=~"x_total|w:y", y="z"}', {"x_total|w:y": ("y",)}),
        ('{"http.requests", y="z"}', {"http.requests": ("y",)}),
        ("a offset 5m unless max_over_time(b[1h:1m] @ end())", {"a": (), "b": ()}),
        ("histogram_quantile(0.9, sum(rate(x[60s])) without (pod))", {"x": ()}),
        (
            'sum by (x) (a{b="{c=\\"d\\"}", e!~"f"}) / on (g) a{h="i"} + j + k{}',
            {"a": ("b", "e", "h"), "j": (), "k": ()},
        ),
        ("sum(up", {}),
    ],
)
def test_metrics_and_labels_that_a_query_names(expr: str, names: dict[str, tuple[str, ...]]) -> None:
    assert selected(expr) == names


def test_labels_that_a_log_query_names() -> None:
    expr = 'sum by (x) (rate({a=~"b{2}", c!="d"} | json | e="f" | line_format "{{.g}}" [1m])) / rate({a="h"}[1m])'
    assert stream_labels(expr) == ("a", "c")


def test_panels_inside_rows_and_odd_values_are_read() -> None:
    inner = {"id": 2, "title": "In", "datasource": {"uid": "loki", "type": "loki"}, "targets": [{"expr": "x"}, 7]}
    found = list(
        panels_of(View([{"type": "row", "panels": [inner]}, "odd", {"id": "3", "gridPos": None, "targets": None}]))
    )
    assert [panel.name for panel in found] == ["In", "panel 3"]
    assert found[0].queries[0].datasource.uid == "loki"
    assert list(panels_of(View(None))) == []


def test_hidden_queries_are_left_out() -> None:
    (panel,) = panels_of(View([{"id": 1, "targets": [{"refId": "A", "expr": "x", "hide": True}, {"refId": "B"}]}]))
    assert [query.ref_id for query in panel.queries] == ["B"]


def test_variables_of_each_editor_are_read() -> None:
    loki = {"name": "level", "type": "query", "query": {"label": "level", "stream": '{a=~".+"}', "type": 1}}
    listed = [loki, {"name": "p", "query": "label_values(x)"}, {"name": "q", "definition": "d"}]
    one, two, three = variables_of(View(listed))
    assert (one.query, two.query, three.query) == ('label_values({a=~".+"}, level)', "label_values(x)", "d")
