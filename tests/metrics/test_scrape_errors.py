"""Each error of a failed scrape has its own hint, and is blamed on the answer only where it comes of reading it."""

from pathlib import Path
from typing import Any

from stack.records.exposition.exposition import Exposition
from stack.records.scrape.target import ScrapeTarget, Target
from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import rules
from suites.metrics.collect.prometheus import known_fault
from tests.support.cases import each_of

ERRORS: list[dict[str, Any]] = plain_yaml(
    (Path(__file__).parents[1] / "data" / "scrape_errors.yaml").read_text(encoding="utf-8")
)


HARMLESS = {
    "a percentage": '# TYPE a summary\na{quantile="50"} 1\na_sum 1\na_count 1\n',
    "a counter that is NaN": "# TYPE a_total counter\na_total NaN\n",
    "a name of another type": "# TYPE a gauge\na_count 1\n",
    "a series twice": "a 1\na 1\n",
}


def target(error: str) -> Target:
    return Target("a", "h:1", "down", "http://h:1/metrics", error)


@each_of({case["error"]: case for case in ERRORS})
def test_an_error_has_its_own_hint(case: dict[str, Any]) -> None:
    (finding,) = rules()["metrics/target-up"].judge(ScrapeTarget("a", (target(case["error"]),)))
    assert finding.hint is not None
    assert case["hint"] in finding.hint


@each_of({case["error"]: case for case in ERRORS})
def test_a_faulty_exposition_explains_only_errors_of_reading_it(case: dict[str, Any]) -> None:
    faulty = Exposition.parse("a None\n")
    explained = known_fault(faulty, (target(case["error"]),)) is not None
    assert explained == case.get("format", False)
    sound = Exposition.read(b"a 1\n", "text/plain")
    assert known_fault(sound, (target(case["error"]),)) is None


@each_of(HARMLESS)
def test_a_fault_that_prometheus_does_not_mind_explains_no_error(text: str) -> None:
    exposition = Exposition.read(text.encode(), "text/plain")
    assert exposition.fault_counts
    assert known_fault(exposition, (target("something new"),)) is None


def test_an_unknown_error_is_explained_by_a_faulty_exposition() -> None:
    assert known_fault(Exposition.parse("a None\n"), (target("something new"),)) is not None
    (finding,) = rules()["metrics/target-up"].judge(ScrapeTarget("a", (target("something new"),)))
    assert finding.hint is not None
    assert "Prometheus' log" in finding.hint
