"""What the retention rules judge: ages, metrics of the compactor, settings, chunk files, the overlay of the trial."""

import gzip
from pathlib import Path

import pytest

from stack.records.config.effective import Setting, at, leaves
from stack.records.retention.running import LAST_SUCCESS, CompactorRuns, words
from stack.records.retention.trial import AGES_S, AgeGroup, RetentionTrial
from suites.core.evidence import CollectionError, Evidence, EvidenceStore, NotEvaluated
from suites.retention.collect.chunk_files import chunk_files, holding, index_files
from suites.retention.collect.running import keep, no_trial
from suites.retention.collect.running_stack import slack_s
from suites.retention.collect.temporary_stack import OVERLAY, read_overlay

STACK = Path(__file__).parents[2] / "stack"


@pytest.mark.parametrize(
    ("hours", "name", "expired"),
    [(216, "9 days", True), (169, "7 days 1 hour", True), (168, "7 days", False), (167, "6 days 23 hours", False)],
)
def test_an_age_has_a_name_and_is_expired_after_seven_days(hours: int, name: str, expired: bool) -> None:
    group = AgeGroup(hours * 3600, 4, 4, 4, 2, 2)
    assert (group.name, group.expired) == (name, expired)


def test_the_trial_has_ages_on_both_sides_of_seven_days_and_an_hour_from_it() -> None:
    names = [AgeGroup(age, 0, 0, 0, 0, 0).name for age in AGES_S]
    assert names == ["9 days", "8 days", "7 days 1 hour", "6 days 23 hours", "6 days", "1 day"]


def test_an_invalid_age_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not an age; write 9d"):
        RetentionTrial.parse("component: loki\nages: {old: {}}")


def test_compactor_runs_are_read_from_lokis_metrics() -> None:
    text = (
        f"# TYPE {LAST_SUCCESS} gauge\n{LAST_SUCCESS} 1.7e+09\n"
        "# TYPE loki_compactor_apply_retention_operation_total counter\n"
        'loki_compactor_apply_retention_operation_total{status="success"} 3\n'
        'loki_compactor_apply_retention_operation_total{status="failure"} 2\n'
        "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.6e+09\n"
        "# TYPE something_else gauge\nsomething_else 1\n"
    )
    runs = CompactorRuns.read(text, 900, 1.7e9 + 5)
    assert (runs.last_success, runs.succeeded, runs.failed, runs.started) == (1.7e9, 3, 2, 1.6e9)
    assert CompactorRuns.read("something_else 1\n", 900, 0).last_success is None


@pytest.mark.parametrize(("duration_s", "text"), [(12, "12s"), (900, "15m"), (18000, "5h"), (100_000, "27h 47m")])
def test_durations_in_words(duration_s: float, text: str) -> None:
    assert words(duration_s) == text


@pytest.mark.parametrize(
    ("written", "live", "same"),
    [
        ("168h", "1w", True),
        ("7d", "1w", True),
        ("168h", "720h", False),
        ("256KB", "262144B", True),
        ("8GB", "8GiB", True),
        ("8GB", "4GB", False),
        ("false", None, True),
        ("true", None, False),
        (None, "0s", True),
        (None, "30d", False),
        ("16", "16.0", True),
        ("warn", "info", False),
        ("[{'selector': '{a=\"x\"}', 'period': '1y'}]", "[{'period': '365d', 'selector': '{a=\"x\"}'}]", True),
        ("[{'selector': '{a=\"x\"}', 'period': '1y'}]", "[{'period': '30d', 'selector': '{a=\"x\"}'}]", False),
        ('{app="audit"} 720h', '{app="audit"} 30d', False),
        pytest.param("[" * 5000 + "]" * 5000, "[" * 5000 + "]" * 5000, True, id="nested too deeply, but alike"),
        pytest.param("[" * 5000 + "]" * 5000, "[]", False, id="nested too deeply"),
    ],
)
def test_settings_are_compared_by_meaning(written: str | None, live: str | None, same: bool) -> None:
    assert Setting("key", written, live).same is same


def test_every_value_of_a_configuration_is_found_by_its_path() -> None:
    data: dict[str, object] = {"a": {"b": [{"c": 1}, {"c": True}]}, "d": [], "e": None}
    assert list(leaves(data)) == [
        (("a", "b", 0, "c"), "1"),
        (("a", "b", 1, "c"), "true"),
        (("d",), "[]"),
        (("e",), None),
    ]
    assert at(data, ("a", "b", 1, "c")) == "true"
    assert at(data, ("a", "b", 2, "c")) is None
    assert at(data, ("a", "x", "c")) is None


def test_lines_are_found_in_compressed_and_plain_chunk_files(tmp_path: Path) -> None:
    chunks = tmp_path / "fake" / "1f"
    chunks.mkdir(parents=True)
    (chunks / "packed").write_bytes(
        b"head\x1f\x8b\x08no" + gzip.compress(b"other") + gzip.compress(b"a line 7|x") + b"end"
    )
    (chunks / "plain").write_bytes(b"... line 7|")
    (chunks / "neither").write_bytes(gzip.compress(b"line 8|"))
    index = tmp_path / "index" / "index_20780" / "1.tsdb.gz"
    index.parent.mkdir(parents=True)
    index.write_bytes(b"line 7|")
    (tmp_path / "index" / "delete_requests").mkdir()
    (tmp_path / "index" / "delete_requests" / "delete_requests.gz").write_bytes(b"")
    files = chunk_files(tmp_path)
    assert {path.name for path in files} == {"packed", "plain", "neither"}
    assert {path.name for path in holding(["line 7|"], files)} == {"packed", "plain"}
    assert holding(["line 7|"], [chunks / "deleted meanwhile"]) == frozenset()
    assert index_files(tmp_path) == {index}


def test_the_overlay_changes_intervals_and_folders_but_no_retention_setting() -> None:
    names = {flag.partition("=")[0] for flag in read_overlay(STACK / OVERLAY)}
    assert names == {
        "-compactor.compaction-interval",
        "-compactor.retention-delete-delay",
        "-validation.reject-old-samples",
        "-ingester.wal-dir",
        "-tsdb.shipper.active-index-directory",
        "-tsdb.shipper.cache-location",
    }


def test_the_slack_is_the_longest_that_the_running_loki_needs() -> None:
    live = {
        "compactor": {
            "compaction_interval": "10m0s",
            "apply_retention_interval": "15m0s",
            "retention_delete_delay": "2h",
        },
        "ingester": {"max_chunk_age": "2h0m0s"},
        "storage_config": {"tsdb_shipper": {"resync_interval": "5m0s"}},
    }
    assert slack_s(live) == 4 * 3600 + 20 * 60
    assert slack_s({}) == 4 * 3600 + 15 * 60


def test_a_reason_does_not_replace_a_record_and_the_stack_takes_precedence_over_the_trial(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    of_the_stack, of_the_trial = CompactorRuns(9, 0, 900, 8.0), CompactorRuns(9, 0, 1, 8.5)
    keep(no_trial(NotEvaluated("the retention trial was left out")), store)
    missing = store.get(RetentionTrial, "loki")
    assert isinstance(missing, NotEvaluated)
    assert missing.reason == "the retention trial was left out"
    keep({"loki": {CompactorRuns: NotEvaluated("too young")}}, store)
    keep({"loki": {CompactorRuns: [of_the_trial]}}, store)
    assert store.get(CompactorRuns, "loki") == Evidence((of_the_trial,), "live")
    store.put("loki", {CompactorRuns: [of_the_stack]}, "live")
    keep({"loki": {CompactorRuns: [of_the_trial]}}, store)
    keep({"loki": {CompactorRuns: NotEvaluated("silent")}}, store)
    assert store.get(CompactorRuns, "loki") == Evidence((of_the_stack,), "live")


def test_a_broken_trial_is_an_error_of_the_suite(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    keep({"loki": {RetentionTrial: CollectionError("broke")}}, store)
    assert store.get(RetentionTrial, "loki") == CollectionError("broke")
