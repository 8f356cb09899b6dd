"""What `make soak` calls different."""

from typing import Any

from reports.model import build
from tests.data.reports.sample import verdict
from tests.support.soak import differences, verdicts_of


def run(*verdicts: dict[str, Any]) -> dict[str, str]:
    return dict(verdicts_of(build(verdicts)))


def broken(message: str) -> dict[str, Any]:
    return verdict(1, "shop", "fail", findings=[{"message": message}])


def gap(reason: str) -> dict[str, Any]:
    return verdict(1, "shop", "not-evaluated", reason=reason)


def test_runs_differ_by_outcomes_findings_and_reasons_but_not_by_numbers() -> None:
    name = f"{verdict(1, 'shop', 'pass')['rule']} on shop"
    assert [*differences([run(broken("`a` took 3 s")), run(broken("`a` took 17 s"))])] == []
    assert [*differences([run(gap("port 4711 is down")), run(gap("port 9 is down"))])] == []
    passed = run(verdict(1, "shop", "pass"))
    for other in (run(broken("m")), run(gap("r")), run()):
        (told,) = differences([passed, other, passed])
        assert told.startswith(f"{name}\n    run 1, 3: pass\n    run 2: ")
    assert len([*differences([run(broken("`a` is bad")), run(broken("`b` is bad"))])]) == 1
