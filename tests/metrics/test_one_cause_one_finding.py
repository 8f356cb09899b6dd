"""One thing wrong in an otherwise sound exposition is reported by one rule, once, and by no other."""

from itertools import chain

import pytest

from stack.records.exposition.exposition import Exposition, MetricFamily, OpenMetricsExposition, TextExposition
from stack.records.scrape.pair import ScrapePair
from suites.core.discovery import in_area
from suites.core.rule import NotApplicable, NotCollected, Record, Rule
from suites.metrics.helpers.families import judged
from tests.metrics import one_cause_openmetrics, one_cause_text
from tests.support.cases import each_of

FORMATS = {"text": one_cause_text, "openmetrics": one_cause_openmetrics}
CASES = {f"{fmt}: {name}": (fmt, *case) for fmt, module in FORMATS.items() for name, case in module.DEFECTS.items()}

ELSEWHERE = {
    "histogram-bucket-number": "its own example; a bucket more or less is a defect of nothing else",
    "histogram-buckets-agree": "two series of one histogram",
    "histogram-buckets-fit": "all observations in one bucket",
    "no-label-on-every-metric": "it needs the label on every metric",
    "openmetrics-timestamps-increase": "several points of one metric have timestamps, which is reported as well",
    "text-content-type": "the answer's header, see `test_a_header_is_reported_once`",
}
"""Rules that a single change in the sound expositions cannot break alone, and why."""

ALONE = (Exposition, TextExposition, OpenMetricsExposition, MetricFamily)

PAIR = """\
# TYPE shop_orders counter
shop_orders_total{channel="web"} 12
shop_orders_created{channel="web"} 1700000000
# TYPE shop_jobs gauge
shop_jobs 4
# TYPE shop_order_seconds histogram
shop_order_seconds_bucket{le="1.0"} 7
shop_order_seconds_bucket{le="+Inf"} 9
shop_order_seconds_sum 3.5
shop_order_seconds_count 9
# EOF
"""
BETWEEN = "--- 15 s later, 20 requests sent of 2 kinds, at 2026-01-31T12:00:00Z\n"
CHANGES = {
    "a counter that falls": ('"web"} 12', '"web"} 11', "counters-never-fall"),
    "a series that is gone": ("shop_orders_total", "shop_order_total", "series-do-not-vanish"),
    "another type": ("# TYPE shop_jobs gauge", "# TYPE shop_jobs unknown", "types-do-not-change"),
    "a bucket that falls": ('"1.0"} 7', '"1.0"} 6', "histograms-stay-cumulative"),
    "a sum that moves alone": ("_sum 3.5", "_sum 4.5", "histograms-stay-cumulative"),
    "a creation time that moves": ('web"} 1700000000', 'web"} 1700000015', "created-times-do-not-change"),
    "a timestamp to come": ("shop_jobs 4", "shop_jobs 4 1769870000", "no-future-timestamps"),
    "a series per scrape": (
        "# EOF\n", "".join(f'# EOF\n--- at once\n{PAIR}shop_scrapes{{id="{each}"}} 1\n' for each in range(5)),
        "series-not-new-every-time",
    ),
    "a counter that falls later": (
        "# EOF\n", "# EOF\n--- at once\n" + PAIR.replace('"web"} 12', '"web"} 11'), "counters-never-fall",
    ),
    "a label value per request": (
        "shop_jobs 4\n", "".join(f'shop_jobs{{id="{number}"}} 4\n' for number in range(20)), "series-growth-bounded",
    ),
}  # fmt: skip  # one line per defect


def breached(rule: Rule, record: Record) -> bool:
    try:
        return any(rule.judge(record))
    except (NotApplicable, NotCollected):
        return False


def red(exposition: Exposition) -> list[str]:
    """The rules that break, each as often as it has a subject that breaks it."""
    records: dict[type, tuple[Record, ...]] = {
        Exposition: (exposition,),
        type(exposition): (exposition,),
        MetricFamily: judged(exposition),
    }
    return [
        rule.id.removeprefix("metrics/")
        for rule in in_area("metrics")
        for record in records.get(rule.record, ())
        if breached(rule, record)
    ]


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_sound_expositions_break_no_rule(fmt: str) -> None:
    assert red(Exposition.parse(FORMATS[fmt].SOUND)) == []


def test_creation_times_of_the_text_format_break_no_rule() -> None:
    assert red(Exposition.parse(one_cause_text.SOUND + one_cause_text.CREATED)) == []


@each_of(CASES)
def test_a_defect_is_reported_by_one_rule(defect: tuple[str, str, str, str]) -> None:
    fmt, old, new, wanted = defect
    sound = FORMATS[fmt].SOUND
    changed = sound.replace(old, new)
    assert changed != sound
    record = TextExposition if fmt == "text" else OpenMetricsExposition
    assert red(record.parse(changed)) == [wanted]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("", ["text-content-type"]), ("text/plain; version=0.0.3", ["text-content-type"]), ("text/plain", [])],
)
def test_a_header_is_reported_once(header: str, wanted: list[str]) -> None:
    assert red(Exposition.parse(f"Content-Type: {header}\n\n{one_cause_text.SOUND}")) == wanted


@pytest.mark.parametrize(("old", "new", "wanted"), CHANGES.values(), ids=CHANGES)
def test_a_defect_over_two_scrapes_is_reported_by_one_rule(old: str, new: str, wanted: str) -> None:
    rules = [rule for rule in in_area("metrics") if rule.record is ScrapePair]
    same = ScrapePair.parse(PAIR + BETWEEN + PAIR)
    assert not [rule.id for rule in rules if breached(rule, same)]
    assert PAIR.replace(old, new) != PAIR
    pair = ScrapePair.parse(PAIR + BETWEEN + PAIR.replace(old, new))
    assert [rule.id.removeprefix("metrics/") for rule in rules if breached(rule, pair)] == [wanted]


def test_every_rule_on_expositions_is_broken_by_some_case() -> None:
    broken = {case[-1] for case in chain(CASES.values(), CHANGES.values())}
    mine = {rule.id.removeprefix("metrics/") for rule in in_area("metrics") if rule.record in (*ALONE, ScrapePair)}
    assert mine - broken == set(ELSEWHERE)
