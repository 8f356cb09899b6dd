"""A service whose program is not on this machine is not evaluated; one that names a wrong program fails once."""

from pathlib import Path

from tests.support.conformance_run import finished

ENTRY = """\
name: shop
system: demo
owner: {team: Shop, contact: shop@example.com}
start: {local: {argv: [PROGRAM, "--port={port}"]}}
metrics: {}
logs: {format: zap}
"""


def catalog(folder: Path, program: str) -> Path:
    (folder / "catalog" / "shop").mkdir(parents=True)
    text = ENTRY.replace("PROGRAM", f'"{program}"')
    (folder / "catalog" / "shop" / "service.yaml").write_text(text, encoding="utf-8")
    return folder / "catalog"


def test_a_program_that_is_not_to_be_had_is_a_gap_and_no_breach(tmp_path: Path) -> None:
    run = finished(tmp_path, f"--catalog={catalog(tmp_path, '{binary:redis}')}", "-k", "shop")
    assert not run.verdicts("shop", "fail", "warn", "error", "pass")
    gaps = run.verdicts("shop", "not-evaluated")
    assert len(gaps) > 150
    assert all("shop cannot run here" in gap["reason"] for gap in gaps.values())
    assert run.code == 6, "a gate that evaluated nothing is not passed"


def test_a_wrong_program_is_one_breach(tmp_path: Path) -> None:
    run = finished(tmp_path, f"--catalog={catalog(tmp_path, './no-such-program')}", "-k", "shop")
    (breach,) = run.verdicts("shop", "fail").values()
    assert breach["rule"] == "metrics/service-started"
    assert "no-such-program" in breach["findings"][0]["message"]
