"""Every fault is found by its rule, with the files of the site and without, and nothing else is found because of it."""

from pathlib import Path

import pytest

from tests.faults.page import KEPT, PAGE, nights, problems, row, rows_of
from tests.faults.table import SITES, Fault


def test_there_are_at_least_sixty_faults() -> None:
    names = [fault.name for faults in SITES.values() for fault in faults]
    assert len(names) == len(set(names))
    assert len(names) >= 60


def test_the_page_has_each_fault_with_its_rule_and_finding() -> None:
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    every = {fault.name: fault for faults in SITES.values() for fault in faults}
    assert rows.keys() == every.keys()
    for name, line in rows.items():
        fault = every[name]
        assert f"[{fault.rule}](rules/{fault.rule}.md) | {fault.subject} |" in line
        assert fault.says[:40] in line or len(line) > KEPT, line
        assert (PAGE.parent / "rules" / f"{fault.rule}.md").exists()


@pytest.mark.native
@pytest.mark.parametrize("site", SITES)
def test_each_fault_is_found_by_its_rule_alone(site: str, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    so_far: list[Fault] = []
    for night in nights(site, tmp_path):
        so_far += night.new
        wrong = list(problems(night, so_far))
        shown = [fault for fault in night.new if night.with_files is fault.only_with_files]
        rows = [row(fault, message) for fault in shown if (message := night.of(fault)) is not None]
        wrong += [f"docs/faults.md differs, make it anew: {one}" for one in rows if one not in page]
        assert not wrong, "\n".join([f"with files: {night.with_files}", *wrong, night.output])
