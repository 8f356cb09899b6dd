"""The retention trials on real servers: they pass as shipped and fail where a server keeps too much or too little."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from stack.records.config.prometheus import PrometheusConfig
from stack.records.retention.running import CompactorRuns
from stack.records.retention.trial import RetentionTrial
from stack.servers.find import SERVERS_VARIABLE
from suites.core.discovery import rules
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.stack_files import PROMETHEUS, prometheus_config
from suites.core.verdict import judge
from suites.retention.collect.running import trial
from suites.retention.collect.temporary_stack import TrialImpossibleError
from suites.retention.collect.trial_loki import refuse_other_stores, trial_loki
from suites.retention.collect.trial_prometheus import trial_prometheus
from tests.support.real_servers import need

STACK = Path(__file__).parents[2] / "stack"
LOKIS: dict[str, tuple[str, ...]] = {
    "shipped": (),
    "off": ("-compactor.retention-enabled=false",),
    "a month": ("-store.retention=720h",),
    "three days": ("-store.retention=72h",),
}
PROMETHEUSES = {"shipped": None, "a month": "30d", "three days": "3d"}
TRIAL_RULES = (
    "retention/expired-data-not-queryable",
    "retention/expired-data-removed-from-disk",
    "retention/keeps-recent-data",
)
OWNERS = ("loki", "prometheus")
OLD = "9 days", "8 days", "7 days 1 hour"
SILENT = list[str]().append

pytestmark = pytest.mark.native


@dataclass
class Trials:
    """The results of all trials, which run once and concurrently."""

    loki: dict[str, tuple[RetentionTrial, CompactorRuns]]
    prometheus: dict[str, RetentionTrial]


def config(kept: str | None) -> PrometheusConfig:
    shipped = prometheus_config(STACK)
    assert not isinstance(shipped, NotEvaluated)
    if kept is None:
        return shipped[0]
    return replace(shipped[0], flags={**shipped[0].flags, "storage.tsdb.retention.time": kept})


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    loki, prometheus, promtool = (binary.path for binary in need("loki", "prometheus", "promtool"))
    work = tmp_path_factory.mktemp("retention")

    async def all_of_them() -> Trials:
        lokis = [trial_loki(loki, work / f"loki {name}", STACK, SILENT, flags) for name, flags in LOKIS.items()]
        prometheuses = [
            trial_prometheus(
                prometheus, promtool, work / f"prometheus {name}", STACK / PROMETHEUS, config(kept), SILENT
            )
            for name, kept in PROMETHEUSES.items()
        ]
        first, second = await asyncio.gather(asyncio.gather(*lokis), asyncio.gather(*prometheuses))
        return Trials(dict(zip(LOKIS, first, strict=True)), dict(zip(PROMETHEUSES, second, strict=True)))

    return asyncio.run(all_of_them())


def findings(record: RetentionTrial) -> dict[str, list[str]]:
    """The messages of the three rules, by rule, where there are any."""
    verdicts = {name: judge(rules()[name], "x", Evidence((record,), "live")) for name in TRIAL_RULES}
    judged = {name: [finding.message for finding in verdict.findings] for name, verdict in verdicts.items()}
    return {name.partition("/")[2]: messages for name, messages in judged.items() if messages}


def test_the_shipped_loki_deletes_expired_data_and_nothing_else(trials: Trials) -> None:
    record, runs = trials.loki["shipped"]
    assert findings(record) == {}
    assert {group.name: (group.written, group.queryable, group.files_left) for group in record.ages} == {
        **dict.fromkeys(OLD, (4, 0, 0)),
        **dict.fromkeys(("6 days 23 hours", "6 days", "1 day"), (4, 4, 2)),
    }
    assert record.retention == "1w"
    assert runs.succeeded > 0
    assert list(rules()["retention/loki-compactor-runs"].judge(runs)) == []


@pytest.mark.parametrize("kind", ["off", "a month"])
def test_a_loki_that_keeps_longer_fails_the_trial(trials: Trials, kind: str) -> None:
    lines = ", ".join(f"4 of 4 after {age}" for age in OLD)
    assert findings(trials.loki[kind][0]) == {
        "expired-data-not-queryable": [f"lines older than seven days are still returned by queries: {lines}"],
    }


def test_a_loki_that_keeps_less_fails_the_trial(trials: Trials) -> None:
    assert findings(trials.loki["three days"][0]) == {
        "keeps-recent-data": [
            "lines younger than seven days are lost: 4 of 4 after 6 days 23 hours, 4 of 4 after 6 days"
        ]
    }


def test_a_compactor_that_never_applied_retention_is_found(trials: Trials) -> None:
    runs = trials.loki["off"][1]
    assert runs.compactions > 0
    assert [finding.message for finding in rules()["retention/loki-compactor-runs"].judge(runs)] == [
        f"the compactor has not applied retention since Loki started {runs.uptime_s:.0f}s ago"
    ]


def test_the_shipped_prometheus_deletes_expired_data_and_nothing_else(trials: Trials) -> None:
    record = trials.prometheus["shipped"]
    assert findings(record) == {}
    assert {group.name: (group.queryable, group.files_left > 0) for group in record.ages} == {
        "9 days": (0, False),
        "8 days": (0, False),
        "6 days": (20, True),
        "1 day": (20, True),
    }


def test_a_prometheus_that_keeps_longer_fails_the_trial(trials: Trials) -> None:
    returned = "20 of 20 after 9 days, 20 of 20 after 8 days"
    assert findings(trials.prometheus["a month"]) == {
        "expired-data-not-queryable": [f"samples older than seven days are still returned by queries: {returned}"]
    }


def test_a_prometheus_that_keeps_less_fails_the_trial(trials: Trials) -> None:
    assert findings(trials.prometheus["three days"]) == {
        "keeps-recent-data": ["samples younger than seven days are lost: 20 of 20 after 6 days"]
    }


def run_trial(work: Path, config_dir: Path) -> dict[str, object]:
    found = asyncio.run(trial(work, config_dir, SILENT))
    assert not work.exists(), "the trial leaves nothing behind"
    assert all(
        isinstance(records[RetentionTrial], NotEvaluated) for name, records in found.items() if name not in OWNERS
    )
    return {name: found[name][RetentionTrial] for name in OWNERS}


def test_without_servers_the_trial_is_not_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVERS_VARIABLE, "none")
    for reason in run_trial(tmp_path / "work", STACK).values():
        assert isinstance(reason, NotEvaluated)
        assert "unset it" in reason.reason


def test_a_configuration_that_does_not_start_is_not_evaluated(tmp_path: Path) -> None:
    need("loki", "prometheus", "promtool")
    for name in ("loki/loki-config.yaml", "loki/retention-trial.flags", PROMETHEUS, "docker-compose.yml"):
        copy = tmp_path / "stack" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = (STACK / name).read_text(encoding="utf-8")
        copy.write_text(
            text.replace("delete_request_store: filesystem", "").replace("scrape_interval: 15s", "scrape: 1")
        )
    found = run_trial(tmp_path / "work", tmp_path / "stack")
    for name, excerpt in (("loki", "delete-request-store"), ("prometheus", "field scrape not found")):
        reason = found[name]
        assert isinstance(reason, NotEvaluated), reason
        assert excerpt in reason.reason


def test_a_store_other_than_the_file_system_has_no_trial() -> None:
    with pytest.raises(TrialImpossibleError, match="Loki stores in `s3`"):
        refuse_other_stores({"schema_config": {"configs": [{"object_store": "filesystem"}, {"object_store": "s3"}]}})
    refuse_other_stores({"schema_config": {"configs": [{"object_store": "s3"}, {"object_store": "filesystem"}]}})
