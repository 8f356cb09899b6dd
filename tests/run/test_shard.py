"""Shards have every service once between them, and tell what must be the same in all."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.service import Service
from suites.run.shard import Shard

NAMES = ["storage", "auth", "Shop", "billing", "zoo", "api", "a-b"]
SERVICES = [Service.from_url(name, f"http://127.0.0.1:1/{name}") for name in NAMES]


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_every_service_is_in_one_shard_whatever_the_order_of_the_catalog(of: int) -> None:
    parts = [[one.name for one in Shard(number, of).share(SERVICES)] for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    other = [{one.name for one in Shard(number, of).share(SERVICES[::-1])} for number in range(1, of + 1)]
    assert other == [set(part) for part in parts]
    assert [Shard(number, of).has_stack for number in range(1, of + 1)].count(True) == 1


@pytest.mark.parametrize("text", ["0/8", "9/8", "2", "2/", "/8", "2/0", "-1/8", "a/b", "1.5/2", "2/8 "])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(pytest.UsageError, match=r"expected NUMBER/OF, from 1/8 to 8/8"):
        Shard.parse(text)


def test_more_shards_than_services_are_refused() -> None:
    with pytest.raises(pytest.UsageError, match="--shard 1/8: the run has 7 services, no more"):
        Shard(1, 8).share(SERVICES)


def described(folder: Path, *, of: int = 1, typed: str = "suites", **options: Any) -> dict[str, Any]:
    asked = SimpleNamespace(
        option=SimpleNamespace(stack="attached", **options),
        args=[typed],
        invocation_params=SimpleNamespace(dir=folder),
    )
    inputs = {"target": folder / "target.yaml", "catalog": folder, "baseline": None}
    return Shard(of, of).described(cast("pytest.Config", asked), ["b", "a"], ["a", "b", "c"], inputs)


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {key for key, value in one["same"].items() if value != other["same"][key]}


def test_shards_tell_what_they_have_in_common(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_RUN_ID", "CI_PIPELINE_ID", "BUILD_TAG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "target.yaml").write_text("loki: http://127.0.0.1:1\n", encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/service.yaml").write_text("name: shop\n", encoding="utf-8")
    first = described(tmp_path)
    assert first["services"] == ["a", "b"]
    assert first == described(tmp_path)
    assert first["same"] == described(tmp_path, of=2)["same"]
    assert differing(described(tmp_path, keyword="logs"), first) == {"options"}
    assert differing(described(tmp_path, typed="suites/logs"), first) == {"options"}
    (tmp_path / "shop/service.yaml").write_text("name: shop \n", encoding="utf-8")
    assert differing(described(tmp_path), first) == {"catalog"}
    (tmp_path / "target.yaml").write_text("loki: http://127.0.0.1:2\n", encoding="utf-8")
    monkeypatch.setenv("CI_PIPELINE_ID", "7")
    assert differing(described(tmp_path), first) == {"catalog", "target", "ci_run"}
