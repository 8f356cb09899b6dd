"""The console as it is breaks no rule of `suites/console`; one that is broken in one place breaks the rule for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from suites.console.collect.trial import RECORDS, try_own
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated, Records
from suites.core.verdict import Verdict, judge
from tests.console.broken import ON_APP, ON_CODE
from tests.console.on_stand_ins import console_on_stand_ins

BULK = 120
RULES = {rule.id.partition("/")[2]: rule for rule in in_area("console") if rule.record in RECORDS}
"""Of what is tried at a console; the documented commands are those of the gateway before it."""


pytestmark = pytest.mark.usefixtures("quick_passwords", "quick_streams")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a broken console never does is waited for in vain: each wait is cut, and none is needed by the sound one."""
    monkeypatch.setattr("suites.console.collect.sessions.END_S", 5.0)
    monkeypatch.setattr("suites.console.collect.audit.DELIVERED_S", 5.0)
    monkeypatch.setattr("suites.console.collect.lines.STORED_S", 20.0)


def tried(folder: Path, change: Callable[[FastAPI], None] = lambda _: None) -> dict[str, Verdict]:
    """The verdicts on a console whose application was changed."""

    async def within() -> Records:
        async with console_on_stand_ins(folder, change, BULK) as (console, own, _):
            return await try_own(console, own)

    found = asyncio.run(within())
    return {name: judge(rule, "console", _evidence(found[rule.record])) for name, rule in RULES.items()}


def _evidence(found: object) -> Evidence | NotEvaluated:
    return found if isinstance(found, NotEvaluated) else Evidence(tuple(found), "simulated")  # type: ignore[arg-type]  # records


def wrong(verdicts: dict[str, Verdict], *but: str) -> dict[str, list[str]]:
    return {
        name: [one.message for one in each.findings] or [str(each.reason)]
        for name, each in verdicts.items()
        if each.outcome not in but
    }


def test_the_console_breaks_no_rule_and_each_is_evaluated(tmp_path: Path) -> None:
    assert wrong(tried(tmp_path), "pass") == {}


def test_every_rule_has_its_fault() -> None:
    assert ON_APP.keys() | ON_CODE.keys() == RULES.keys()
    assert not ON_APP.keys() & ON_CODE.keys()


@pytest.mark.parametrize("rule", sorted({*ON_APP, *ON_CODE}))
def test_a_console_that_is_broken_in_one_place_breaks_the_rule_for_it(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rule in ON_CODE:
        change, says = ON_CODE[rule]
        change(monkeypatch)
        verdicts = tried(tmp_path)
    else:
        made, says = ON_APP[rule]
        verdicts = tried(tmp_path, made)
    found = wrong(verdicts, "pass", "not-evaluated")
    assert any(says in message for message in found.get(rule, ())), found
    assert found.keys() == {rule}, found
