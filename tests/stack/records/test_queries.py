"""PromQL and LogQL: what parses, which labels results have, and the faults of expressions that parse."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from promql_parser import Expr

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.records.queries import logql, promql, promql_comparisons, promql_faults, promql_matching, promql_shares
from stack.records.queries.renamed import renamed_to
from stack.text.plain_yaml import plain_yaml
from tests.support.cases import each_of
from tests.support.real_servers import need

ROOT = Path(__file__).parents[3]
RECORDED = plain_yaml((ROOT / "tests/data/logql.yaml").read_text(encoding="utf-8"))
MISSED = {'{a="b"} | pattern "<x><y>"', '{a="b"} | x =~ "("'}
"""What Loki refuses and this parser takes."""


@each_of({one["query"]: one for one in RECORDED})
def test_logql_is_taken_or_refused_as_by_loki(recorded: dict[str, str]) -> None:
    found = logql.parse(recorded["query"])
    if "refused" not in recorded:
        assert (found.error, found.unknown) == ("", "")
    elif recorded["query"] not in MISSED:
        assert found.error or found.unknown


@pytest.mark.native
def test_the_recording_is_what_loki_answers(tmp_path: Path) -> None:
    need("loki")
    with LocalBackend().start(StackPlan(tmp_path, ROOT / "stack", ("loki",))) as stack:
        url = f"{stack.endpoint('loki')}/loki/api/v1/format_query"
        with httpx.Client(trust_env=False, timeout=30) as http:
            taken = [http.get(url, params={"query": one["query"]}).is_success for one in RECORDED]
    assert [one["query"] for one, ok in zip(RECORDED, taken, strict=True) if ok == ("refused" in one)] == []


@pytest.mark.parametrize(
    ("expr", "error"),
    [
        ("sum(up", True),
        ("rate(up)", True),
        ('up{a=~"["}', True),
        ("1 == 1", True),
        ("", True),
        ("rate(x[5m] smoothed)", False),
        ("new_function(up)", False),
        ("x[1+2]", False),
        ("up offset (1m + 2m)", False),
        ("up </ 5", False),
        ("up fill(0) + x", False),
        ("up up", False),
        ("up + sum", None),
        ("up == 0", None),
    ],
)
def test_only_what_is_certain_is_an_error(expr: str, error: bool | None) -> None:
    found = promql.parse(expr)
    assert (bool(found.error), bool(found.unknown)) == (error is True, error is False)
    assert (found.tree is not None) == (error is None)


@pytest.mark.parametrize(
    ("expr", "place"),
    [
        ("redis_up ==", "at the end"),
        ("sum(rate(x[5m])) by (job) > # five\n", "before `# five`"),
        ("(up and) > 1", "before `) > 1`"),
        ("up > > 1", "before `> 1`"),
        ("* up", "before `* up`"),
        ("up unless on (job)", "at the end"),
        ("()", "before `)`"),
    ],
)
def test_an_operator_without_an_operand_is_an_error(expr: str, place: str) -> None:
    assert promql.parse(expr).error == f"an operand is missing {place}"
    assert promql.parse(f"{'x + ' * 1000}{expr}").tree is None  # not looked for in what is that long


@pytest.mark.parametrize(("expr", "error"), [("up offset inf", "duration out of range"), ("up offset 1d", "")])
def test_a_length_of_time_that_cannot_be_is_an_error(expr: str, error: str) -> None:
    assert promql.parse(expr).error == error


@pytest.mark.parametrize(
    ("expr", "has", "every"),
    [
        ("up", "instance job", False),
        ("a:recorded", "", False),
        ('ALERTS{alertname="A"}', "alertname", False),
        ("sum(up)", "", True),
        ("sum by (job, x) (up)", "job x", True),
        ("sum by (job) (sum by (x) (up))", "", True),
        ("sum without (job) (up)", "instance", False),
        ("topk(3, sum by (job) (up))", "job", True),
        ('count_values("v", up)', "v", True),
        ('absent(up{job="a", x=~"b"})', "job", True),
        ("absent(sum(up))", "", True),
        ("vector(1)", "", True),
        ("histogram_quantile(0.9, sum by (le, job) (rate(x_bucket[5m])))", "job", True),
        ('label_replace(sum(up), "a", "$1", "b", "(.*)")', "", False),
        ("sum by (job) (a) / on (job) group_left (team) b", "job team", True),
        ("a / on (job) sum by (job) (b)", "job", True),
        ("a / ignoring (x) b", "instance job", False),
        ("1 - sum by (job) (a)", "job", True),
        ("a or sum(b)", "", False),
        ("-sum by (job) (up)", "job", True),
        ("max_over_time(sum by (job) (up)[1h:1m])", "job", True),
    ],
)
def test_labels_of_results(expr: str, has: str, every: bool) -> None:
    tree = promql.parse(expr).tree
    assert tree is not None
    assert promql.labels(tree) == promql.Labels(frozenset(has.split()), every)


def short(tree: Expr) -> Iterator[promql_faults.Fault]:
    return promql_faults.short_windows(tree, 15)


RATIO = 'rate(a{c=~"5.."}[5m]) / rate(a{%s}[5m])'


@pytest.mark.parametrize(
    ("find", "right", "wrong"),
    [
        (
            promql_matching.mismatches,
            [
                'a{w="1"} and ignoring (w) a{w="2"}',
                'label_replace(a{w="1"}, "w", "x", "", "") and a{w="2"}',
                "sum by (i) (a) * on (i) group_left (t) max by (i, t) (b)",
                'rate(a{c="5"}[5m]) / rate(a[1h])',
                'a{c="5"} / a offset 1d',
                "a / a",
                "a and on () vector(1)",
                "sum by (a) (x) and sum by (a) (y)",
                "a * on (i) group_left (t) b",
                "a or sum(b)",
            ],
            [
                "a and vector(1)",
                "absent(a) and b",
                "a unless sum by (job) (b)",
                "sum by (a) (x) + on (b) sum by (b) (y)",
                'a{w="1"} and a{w="2"}',
                'max by (w) (a{w="1"}) > on (w) b{w="2"}',
                "a * on (i) group_left (t) max by (i) (b)",
                'a{c="5"} / a',
                'rate(a{c="5",d="1"}[5m]) / rate(a{d="1"}[5m])',
                "rate(a_sum[5m]) / rate(a_sum[5m])",
            ],
        ),
        (
            promql_matching.several_matches,
            [
                'sum by (i, c) (a{c="5"}) / ignoring (c) sum by (i) (a)',
                "a / on (i) group_right sum by (i, c) (b)",
                "sum by (namespace, pod) (a) / on (pod) sum by (pod) (b)",
                "sum by (instance, pod) (a) + on (instance) sum by (instance) (b)",
                "a * on (pod) group_left topk by (pod) (1, max by (pod, owner) (b))",
            ],
            [
                "sum by (i, c) (a) / on (i) sum by (i) (b)",
                'sum by (i, c) (a{c=~"5.."}) / ignoring (c) sum by (i) (a)',
                "sum by (i) (a) / on (i) group_left sum by (i, c) (b)",
                "sum(a) / on () sum by (instance) (a)",
            ],
        ),
        (
            promql_shares.shares_as_percent,
            [
                "a_avail_bytes / a_size_bytes < 0.1",
                "100 * a_avail_bytes / a_size_bytes < 10",
                "a_avail_bytes / b_size_bytes < 10",
                'rate(a{c="5"}[5m]) * 60 / rate(a[5m]) > 5',
                "a / b > 5",
                'a{c="5"} / a > 1',
            ],
            [
                "a_avail_bytes / a_size_bytes < 10",
                "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 90",
                'sum by (i) (rate(a{c="5"}[5m])) / sum by (i) (rate(a[5m])) > 5',
            ],
        ),
        (
            promql_faults.averaged_quantiles,
            ["max(histogram_quantile(0.9, a_bucket))", "histogram_quantile(0.9, sum by (le) (a_bucket))"],
            ["avg by (i) (histogram_quantile(0.9, a_bucket))", "sum((histogram_quantile(0.9, a_bucket))) / 2"],
        ),
        (
            promql_faults.numbers_as_text,
            [
                'a{le="1.0"}',
                'a{le="1"} or a{le="1.0"}',
                r'a{le=~"1|1\\.0"}',
                'a{le="0.5"}',
                'a{other="1"}',
                'a{le="+Inf"}',
            ],
            ['a{le="10"}', 'a{quantile=~"0.5|1"}', 'a{le!="1"}', 'a{le="1000000"}'],
        ),
        (
            promql_comparisons.impossible,
            ["count(a) > 1", "up == 0", "absent(a) == 1", "rate(a[5m]) > 0", "up == bool 2"],
            ["count(a) < 1", "up == 2", "up < 0", "rate(a[5m]) < 0"],
        ),
        (
            promql_faults.quantiles_without_le,
            ["histogram_quantile(0.9, rate(x[5m]))", "histogram_quantile(0.9, sum without (job) (x_bucket))"],
            ["histogram_quantile(0.9, sum(x_bucket))", "histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m])))"],
        ),
        (short, ["rate(x[30s])", "max_over_time(x[5s])"], ["rate(x[29s])", "increase(x[15s])"]),
        (
            promql_faults.ratios_without_total,
            [RATIO % "", RATIO % 'c=~".+"', 'a{t="used"} / a{t="hard"}'],
            [RATIO % 'c=~"2.."', 'rate(a{s="bad"}[5m]) / rate(a{s!="bad"}[5m])'],
        ),
        (
            promql_faults.raw_counters,
            ["rate(a_total[5m])", "u / s_total", "count(a_total)", "a_total unless a_total offset 1h"],
            ["a_total", "sum(a_total) > 5", "a_total / b_total"],
        ),
        (
            promql_faults.patterns_as_text,
            ['a{b="c.d"}', 'a{b=~"c|d"}', 'a{path="/x/.*"}', 'a{b="⟦job⟧|x"}'],
            ['a{b=".+"}', 'a{b!="c|d"}'],
        ),
    ],
)
def test_faults(find: Callable[[Expr], Iterator[promql_faults.Fault]], right: list[str], wrong: list[str]) -> None:
    """Each fault is found in what is wrong, and in nothing that only looks like it."""
    trees = {expr: promql.parse(expr).tree for expr in (*right, *wrong)}
    assert [expr for expr, tree in trees.items() if tree is None] == []
    assert [expr for expr, tree in trees.items() if tree is not None and list(find(tree))] == wrong


@pytest.mark.parametrize(
    ("missing", "known", "now"),
    [
        ("node_cpu", ["node_cpu_seconds_total", "node_cpu_guest_seconds_total"], "node_cpu_seconds_total"),
        ("http_request_total", ["http_requests_total"], "http_requests_total"),
        ("request_duration_ms_bucket", ["request_duration_seconds_bucket"], ""),
        ("promtail_dropped_entries_total", ["promtail_sent_entries_total"], ""),
        ("loki_discarded_samples_total", ["loki_discarded_bytes_total"], ""),
        ("requests", ["requests_total"], ""),
    ],
)
def test_metrics_that_were_renamed(missing: str, known: list[str], now: str) -> None:
    assert renamed_to(missing, known) == now
