"""What the stand-ins refuse: what they do not know, what the real servers refuse too, and lines that Loki refuses."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.embedded.agent import Agent
from stack.embedded.entry import Entry
from stack.embedded.limits import limits
from stack.embedded.log_store import LogStore
from stack.embedded.pipeline import Pipeline
from stack.embedded.refusal import ConfigError, NotSimulated

OFF = {"discover_service_name": [], "discover_log_levels": False}
LOKI = {"auth_enabled": False, "limits_config": OFF}
URL = "http://loki:3100/loki/api/v1/push"
HOUR_NS = 3600 * 10**9


@pytest.mark.parametrize(
    "name",
    [
        "drop",
        "output",
        "labeldrop",
        "geoip",
        "docker",
        "cri",
        "multiline",
        "pack",
        "metrics",
        "limit",
        "replace",
        "xyz",
    ],
)
def test_stages_that_are_not_known_are_refused_out_loud(name: str) -> None:
    with pytest.raises(NotSimulated, match=rf"job\[1\]: stage `{name}` is not simulated; .* see docs/real-servers.md"):
        Pipeline([{"labels": {"a": None}}, {name: {}}], "job")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"json": {}}, "`expressions` is required"),
        ({"json": {"expressions": {"a": 1}}}, "`a: 1` has to map"),
        ({"regex": {}}, "`expression` is required"),
        ({"timestamp": {"source": "a"}}, "`format` is required"),
        ({"timestamp": {"source": "a", "format": "Unix", "action_on_failure": "x"}}, "fudge or skip, found `x`"),
        ({"labels": {"a b": None}}, "`a b` is not a label name"),
        ({"labels": None}, "a mapping is expected"),
        ({"labelallow": []}, "at least one label"),
        ({"labelallow": "a"}, "a list of names"),
        ({"match": {"selector": '{a="b"}'}}, "`stages` are required"),
        ({"match": {"selector": "x", "stages": [{}]}}, "not a selector"),
        ("json", "one key, its name"),
        ({"template": {"template": "a"}}, "`source` is required"),
        ({"json": 5}, "a mapping is expected, found int"),
    ],
)
def test_stages_that_promtail_refuses_are_errors_that_name_the_place(stage: Any, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        Pipeline([stage], "job")
    assert message in str(told.value)
    assert str(told.value).startswith("job[0]")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"json": {"expressions": {"a": ""}, "drop_malformed": True}}, "json: the setting `drop_malformed`"),
        ({"json": {"expressions": {"a": ""}, "source": "b"}}, "json: the setting `source`"),
        ({"logfmt": {"mapping": {"a": ""}, "strict": True}}, "logfmt: the setting `strict`"),
        ({"timestamp": {"source": "a", "format": "Unix", "location": "UTC"}}, "timestamp: the setting `location`"),
        ({"match": {"selector": '{a="b"}', "action": "drop"}}, "match: the setting `action`"),
        *(
            ({"template": {"source": "a", "template": template}}, f"the template `{template}`")
            for template in (
                "",
                "x",
                "{{ .Value }}",
                "{{ ToUpper .Value }}",
                "{{ .Value | ToLower }}",
                "{{ ToLower .a }}",
            )
        ),
    ],
)
def test_settings_that_are_not_known_are_refused(stage: Any, message: str) -> None:
    with pytest.raises(NotSimulated) as refused:
        Pipeline([stage], "job")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clients": [{"url": "http://loki:3100/api/prom/push"}]}, "any other path than `/loki/api/v1/push`"),
        ({"clients": [{"url": URL, "external_labels": {"a": "b"}}]}, "clients[0]: `external_labels`"),
        ({"clients": []}, "one entry in `clients`"),
        ({"limits_config": {"max_line_size": "1KB"}}, "`limits_config`"),
        ({"scrape_configs": [{"job_name": "j", "syslog": {}}]}, "`syslog`"),
        (
            {"scrape_configs": [{"static_configs": [{"labels": {"__path__": "/a", "__path_exclude__": "/b"}}]}]},
            "`__path_exclude__`",
        ),
        ({"scrape_configs": [{"static_configs": [], "relabel_configs": [{}]}]}, "`relabel_configs`"),
    ],
)
def test_an_agent_that_is_not_known_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    config = tmp_path / "promtail.yaml"
    config.write_text(yaml.safe_dump({"clients": [{"url": URL}], "scrape_configs": []} | changes), encoding="utf-8")
    with pytest.raises(NotSimulated) as told:
        Agent(config, {}, LogStore(limits(LOKI, "loki.yaml")))
    assert message in str(told.value)
    assert "promtail.yaml" in str(told.value)


@pytest.mark.parametrize("key", ["discover_service_name", "discover_log_levels"])
def test_a_store_that_adds_labels_is_refused(key: str) -> None:
    with pytest.raises(NotSimulated, match=f"loki.yaml: limits_config.{key}"):
        limits(LOKI | {"limits_config": {name: value for name, value in OFF.items() if name != key}}, "loki.yaml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"auth_enabled": True}, r"tenants \(`auth_enabled`"),
        ({"target": "querier"}, "`target: querier`"),
        ({"server": {"http_path_prefix": "/logs"}}, "server.http_path_prefix"),
        ({"runtime_config": {"file": "overrides.yaml"}}, "`runtime_config`"),
        ({"limits_config": OFF | {"per_stream_rate_limit": "100KB"}}, "limits_config.per_stream_rate_limit below"),
        ({"limits_config": OFF | {"per_stream_rate_limit_burst": "1MB"}}, "per_stream_rate_limit_burst below"),
        ({"limits_config": OFF | {"ingestion_rate_mb": 0.1}}, "limits_config.ingestion_rate_mb below"),
        ({"limits_config": OFF | {"ingestion_burst_size_mb": 1}}, "limits_config.ingestion_burst_size_mb below"),
        ({"limits_config": OFF | {"max_streams_per_user": 3}}, "limits_config.max_streams_per_user"),
        ({"limits_config": OFF | {"block_ingestion_until": "2099-01-01T00:00:00Z"}}, "block_ingestion_until"),
        ({"limits_config": OFF | {"policy_stream_mapping": {}}}, "policy_stream_mapping"),
    ],
)
def test_what_decides_about_lines_and_is_not_known_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(NotSimulated, match=rf"loki.yaml: .*{message}.* is not simulated"):
        limits(LOKI | changes, "loki.yaml")


def test_tenants_are_refused_where_the_file_says_nothing_of_them() -> None:
    with pytest.raises(NotSimulated, match="auth_enabled"):
        limits({"limits_config": OFF}, "loki.yaml")


def test_wrong_limits_are_errors() -> None:
    with pytest.raises(ConfigError, match=r"loki.yaml: limits_config.max_line_size: `much` is not a size"):
        limits(LOKI | {"limits_config": OFF | {"max_line_size": "much"}}, "loki.yaml")


@pytest.mark.parametrize(
    ("reason", "settings_", "entry"),
    [
        ("missing_labels", {}, {"labels": {"a": ""}}),
        ("max_label_names_per_series", {"max_label_names_per_series": 1}, {"labels": {"a": "1", "b": "2"}}),
        ("label_name_too_long", {"max_label_name_length": 2}, {"labels": {"abc": "1"}}),
        ("label_value_too_long", {"max_label_value_length": 2}, {"labels": {"a": "123"}}),
        ("greater_than_max_sample_age", {}, {"at": -169}),
        ("too_far_in_future", {}, {"at": 1}),
        ("line_too_long", {"max_line_size": "3B"}, {"line": "äö"}),
        ("disallowed_structured_metadata", {"allow_structured_metadata": False}, {"metadata": {"a": "b"}}),
        ("structured_metadata_too_large", {"max_structured_metadata_size": "3B"}, {"metadata": {"ab": "cd"}}),
        (
            "structured_metadata_too_many",
            {"max_structured_metadata_entries_count": 1},
            {"metadata": {"a": "b", "c": "d"}},
        ),
        ("stream_limit", {"max_global_streams_per_user": 1}, {"labels": {"other": "stream"}}),
        ("too_far_behind", {}, {"at": -1.5}),
    ],
)
def test_the_store_refuses_what_loki_refuses(reason: str, settings_: dict[str, Any], entry: dict[str, Any]) -> None:
    store = LogStore(limits(LOKI | {"limits_config": OFF | settings_}, "loki.yaml"))
    assert store.push(Entry("ok", time.time_ns(), {"a": "1"})) is None
    at = time.time_ns() + int(entry.get("at", 0) * HOUR_NS)
    rejected = store.push(
        Entry(entry.get("line", "x"), at, entry.get("labels", {"a": "1"}), {}, entry.get("metadata", {}))
    )
    assert rejected is not None
    assert rejected.reason == reason
    assert store.rejected == [rejected]
    assert len(store.find('{a=~".+"}', 0, 2**62)) == 1


def test_the_store_cuts_long_lines_where_told_to_and_drops_copies() -> None:
    store = LogStore(
        limits(LOKI | {"limits_config": OFF | {"max_line_size": "4B", "max_line_size_truncate": True}}, "loki.yaml")
    )
    at = time.time_ns()
    for line in ("abcdef", "abcdxx", "x"):
        store.push(Entry(line, at, {"a": "1"}))
    assert [entry.line for entry in store.find('{a="1"}', at, at + 1)] == ["abcd", "x"]
    assert store.find('{a="1"}', at + 1, at + 2) == []
