"""Our rules report whatever the real `promtool check metrics` complains about.

A corpus of small expositions over type, name, label and help text is linted by both in one go.
"""

import itertools
import re
import subprocess

import pytest

from stack.records.exposition.exposition import Exposition
from stack.servers.find import find_binary, why_absent
from suites.core.discovery import in_area
from suites.core.evidence import Evidence
from suites.core.verdict import judge

RULE_FOR = {
    r"no help text": "metrics/help-text",
    r"use base unit .*": "metrics/base-units",
    r"counter metrics should have \"_total\" suffix": "metrics/counter-total-suffix",
    r"non-counter metrics should not have \"_total\" suffix": "metrics/counter-total-suffix",
    r"non-\S+( and \S+)? metrics should not have .*": "metrics/reserved-suffixes",
    r"metric name should not include type '.*'": "metrics/type-in-name",
    r"metric names should not contain ':'": "metrics/no-colons",
    r"(metric|label) names should be written in 'snake_case' not 'camelCase'": "metrics/snake-case",
    r"metric names should not contain abbreviated units": "metrics/unit-abbreviations",
    r"metric not unique": "metrics/duplicate-series",
}
TYPES = ("counter", "gauge", "histogram", "summary", "untyped", None)
STEMS = (
    *("jobs", "jobs_total", "jobs_count", "jobs_sum", "jobs_bucket", "jobs_info"),
    *("wait_seconds", "wait_seconds_total", "wait_milliseconds", "wait_minutes", "wait_kiloweeks", "size_megabytes"),
    *("size_kibibits", "heat_fahrenheit", "heat_kelvins", "way_kilometres", "way_miles", "mass_pounds", "force_volts"),
    *("wait_ms", "wait_s_total", "size_KB", "rate_b", "h_rate_m", "days_open", "load_ratio", "pico_load"),
    *("waitTime", "job:errors", "jobs_counter", "gauge_of_jobs", "summary_jobs", "a_histogram", "x_Gauge_y", "untyped"),
)
LABELS = ("", 'queue="a"', 'queueName="a"', 'le="1"', 'quantile="0.5"')


def family(name: str, kind: str | None, helped: bool, labels: str) -> str:
    lines = [f"# HELP {name} What it is.\n"] if helped else []
    lines += [f"# TYPE {name} {kind}\n"] if kind else []
    if kind == "histogram" and "le=" not in labels:
        inner = f"{labels}," if labels else ""
        lines += [f'{name}_bucket{{{inner}le="{bound}"}} 1\n' for bound in ("1", "+Inf")]
    if kind in ("histogram", "summary"):
        lines += [f"{name}_sum{{{labels}}} 1\n", f"{name}_count{{{labels}}} 1\n"]
    else:
        lines += [f"{name}{{{labels}}} 1\n"]
    return "".join(lines)


def corpus() -> dict[str, str]:
    made = {}
    numbers = itertools.count()
    for kind, stem in itertools.product(TYPES, STEMS):
        number = next(numbers)
        name = f"t{number}_{stem}"
        made[name] = family(name, kind, helped=number % 3 != 0, labels=LABELS[number % len(LABELS)])
    made["t_double"] = '# HELP t_double Twice.\n# TYPE t_double gauge\nt_double{a="b"} 1\nt_double{a="b"} 2\n'
    return made


def ours(text: str) -> set[tuple[str, str]]:
    """Rule and metric name of all our findings."""
    exposition = Exposition.parse(text)
    found = set()
    for rule in in_area("metrics"):
        if rule.id not in RULE_FOR.values():
            continue
        records = exposition.families if rule.record.__name__ == "MetricFamily" else (exposition,)
        for finding in judge(rule, "corpus", Evidence(tuple(records), "static")).findings:
            found |= {(rule.id, re.sub(r"\{.*", "", name)) for name in re.findall(r"`([^`]+)`", finding.message)}
    return found


@pytest.mark.native
def test_our_rules_report_what_promtool_reports() -> None:
    promtool = find_binary("promtool")
    if promtool is None:
        pytest.skip(why_absent("promtool"))
    families = corpus()
    text = "".join(families.values())
    done = subprocess.run(
        [promtool.path, "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=300
    )
    complaints = [line.split(" ", 1) for line in done.stderr.splitlines()]
    seen = ours(text)
    missed, complained = [], set()
    for name, complaint in complaints:
        rule = next((rule for pattern, rule in RULE_FOR.items() if re.fullmatch(pattern, complaint)), None)
        assert rule, f"promtool says something new about {name}: {complaint}"
        complained.add(rule)
        if (rule, name) not in seen:
            missed.append(f"{name}: {complaint}\n{families[name]}")
    assert not missed, f"{len(missed)} of {len(complaints)} complaints are not ours:\n" + "\n".join(missed[:10])
    assert complained == set(RULE_FOR.values()), "the corpus provokes each of promtool's complaints"


def test_the_corpus_is_large_and_has_nothing_the_parser_refuses() -> None:
    families = corpus()
    assert len(families) >= 60
    exposition = Exposition.parse("".join(families.values()))
    assert {family.name for family in exposition.families} == families.keys()
    assert not exposition.faults.get("unparsable")


def test_untyped_families_are_exempt_as_in_promtool() -> None:
    untyped = {rule for rule, name in ours("# HELP a_count Text.\na_count 1\n# HELP a_total T.\na_total 1\n")}
    assert untyped == set()
