"""The suite's own faults are errors with their reason, never failures of a service; all other verdicts arrive."""

from pathlib import Path

import pytest

from tests.support.conformance_run import finished


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_what_was_seen_before_collecting_broke_is_judged(tmp_path: Path, workers: tuple[str, ...]) -> None:
    run = finished(
        tmp_path,
        *("--catalog=fixtures/broken", "-k=healthy or component-ready"),
        *("-p", "tests.support.breaks_collection", *workers),
    )
    assert run.code == pytest.ExitCode.INTERNAL_ERROR, run.output[-3000:]
    assert "INTERNALERROR" not in run.output
    assert len(run.verdicts("healthy", "pass")) > 100
    assert not run.verdicts("healthy", "fail", "error")
    (verdict,) = run.verdicts("loki").values()
    assert verdict["outcome"] == "error"
    assert verdict["reason"].startswith(
        "collecting broke: RuntimeError: a fault of the suite (tests/support/breaks_collection"
    )
    errors = [each for each in run.report["verdicts"] if each["outcome"] == "error"]
    assert {each["rule"] for each in errors} == {"components/component-ready"}
    assert len(errors) == len({each["subject"] for each in errors}), "each is told once"
    assert not run.run.leftovers()
