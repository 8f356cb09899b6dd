"""Generated documentation says what the rules say."""

from suites.run.rule_pages import ROOT, stale


def test_generated_pages_are_fresh() -> None:
    assert [str(path.relative_to(ROOT)) for path in stale()] == [], "run `make docs`"
