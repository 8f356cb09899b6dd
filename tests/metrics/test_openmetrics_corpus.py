"""Expositions of each kind that OpenMetrics' own corpus has: what is refused breaks a MUST, what is taken breaks none.

The reference parser, that of Python's client library, agrees but for what is `refused here alone`.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from stack.records.exposition.exposition import Exposition, OpenMetricsExposition
from suites.core.discovery import in_area
from suites.core.rule import Level, NotApplicable
from tests.support.cases import each_of

FILE = Path(__file__).resolve().parents[1] / "data" / "expositions" / "openmetrics.txt"
TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MUSTS = [rule for rule in in_area("metrics") if rule.level is Level.MUST and issubclass(rule.record, Exposition)]


def corpus() -> Iterator[tuple[str, str]]:
    """Each exposition with the verdict that is right."""
    verdict = ""
    for line in FILE.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            verdict = line[3:].partition(":")[0]
        elif verdict and line:
            body = line.replace("¶", "\n")
            yield verdict, body if body.endswith(("\n", "# EOF")) else f"{body}\n# EOF\n"


CASES = list(corpus())


def broken(body: str) -> list[str]:
    exposition, found = Exposition.read(body.encode(), TYPE), list[str]()
    for rule in MUSTS:
        if isinstance(exposition, rule.record):
            with suppress(NotApplicable):
                found += [f"{rule.id}: {finding.message}" for finding in rule.judge(exposition)]
    return found


def refused_by_the_reference(body: str) -> bool:
    try:
        list(text_string_to_metric_families(body))  # type: ignore[no-untyped-call]  # the library has no types
    except ValueError:
        return True
    return False


@each_of({f"{verdict}:\n{body}": (verdict, body) for verdict, body in CASES})
def test_what_is_refused_breaks_a_must_and_what_is_taken_breaks_none(case: tuple[str, str]) -> None:
    verdict, body = case
    assert isinstance(Exposition.read(body.encode(), TYPE), OpenMetricsExposition)
    assert bool(broken(body)) == verdict.startswith("refused"), broken(body)


def test_the_corpus_is_as_large_as_openmetrics_own() -> None:
    assert len(CASES) == len(set(CASES)) >= 211
    assert sum(verdict == "taken" for verdict, _ in CASES) >= 50


def test_the_reference_parser_agrees() -> None:
    assert [
        (verdict, body) for verdict, body in CASES if refused_by_the_reference(body) != (verdict == "refused")
    ] == []
