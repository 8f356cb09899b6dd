"""Generated documentation says what the rules say."""

from suites.run.rule_pages import ROOT, outputs, stale


def test_generated_pages_are_fresh() -> None:
    assert [str(path.relative_to(ROOT)) for path in stale()] == [], "run `make docs`"


def test_a_page_is_short_enough_to_be_read() -> None:
    assert {
        path.stem: lines
        for path, text in outputs().items()
        if (lines := text.count("\n")) > 400 and path.stem != "README"
    } == {}
    (page,) = (text for path, text in outputs().items() if path.stem == "cost-usual")
    shown = "---\n" + "".join(f"a_jobs_{number} 1\n" for number in range(5))
    assert f"{shown}… (9,993 lines left out)\na_jobs_9998 1\n" in page
