"""Alloy's configuration says what Promtail's says: the same sources, stages, relabelling and labels.

A comparison of the two files, value by value. It proves that nobody changed one and forgot the other, not that the two
agents do the same with it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stack.text.interpolation import expand_env
from stack.text.plain_yaml import plain_yaml

STACK = Path(__file__).resolve().parents[2] / "stack"
ALLOY = (STACK / "alloy/config.alloy").read_text(encoding="utf-8")
PROMTAIL_TEXT = (STACK / "promtail/promtail-config.yaml").read_text(encoding="utf-8")
PROMTAIL = plain_yaml(expand_env(PROMTAIL_TEXT))

STRING = r'"(?:\\.|[^"\\])*"'


def block(name: str, text: str = ALLOY) -> Iterator[str]:
    """The bodies of all blocks called `name`, up to the brace that closes them."""
    for start in re.finditer(rf"^([ \t]*){re.escape(name)}( {STRING})? \{{$", text, re.MULTILINE):
        end = text.index(f"\n{start[1]}}}", start.end())
        yield text[start.end() : end]


def pairs(text: str) -> dict[str, Any]:
    """`key = "text"` and `key = ["a", "b"]` of a body, expressions with an environment at their default."""
    found: dict[str, Any] = {}
    for key, value in re.findall(r"^\s*\"?(\w+)\"?\s*=\s*(.+?),?$", text, re.MULTILINE):
        default = re.fullmatch(rf"coalesce\(sys\.env\({STRING}\), ({STRING})\)", value)
        literal = default[1] if default else value
        if literal[0] in '"[' and not literal.startswith("[{"):
            found[key] = json.loads(literal)
    return found


def stages(kind: str) -> list[Any]:
    """All stages of one kind in Promtail's pipelines, each once though several jobs share it."""
    found: list[Any] = []

    def walk(pipeline: list[dict[str, Any]]) -> None:
        for stage in pipeline:
            for name, body in stage.items():
                if name == "match":
                    walk(body["stages"])
                elif name == kind and body not in found:
                    found.append(body)

    for job in PROMTAIL["scrape_configs"]:
        walk(job["pipeline_stages"])
    return found


def values(kind: str) -> list[dict[str, Any]]:
    return [pairs(body) for body in block(f"stage.{kind}")]


def kinds(pipeline: list[dict[str, Any]]) -> Iterator[str]:
    """The names of all stages, `match` aside: it only carries others, and chooses every line."""
    for stage in pipeline:
        for name, body in stage.items():
            if name == "match":
                yield from kinds(body["stages"])
            else:
                yield {"labelallow": "label_keep"}.get(name, name)


def test_the_stages_are_of_the_same_kinds() -> None:
    promtail = {kind for job in PROMTAIL["scrape_configs"] for kind in kinds(job["pipeline_stages"])}

    assert set(re.findall(r"stage\.(\w+) \{", ALLOY)) == promtail


def test_lines_are_read_with_the_same_expressions() -> None:
    assert [pairs(body) for body in block("stage.json")] == [stage["expressions"] for stage in stages("json")]
    key = lambda stage: (stage.get("source", ""), stage["expression"])  # noqa: E731  # an order, for both sides alike
    assert sorted(values("regex"), key=key) == sorted(stages("regex"), key=key)
    assert values("template") == stages("template")
    flat = [{"source": stage["source"], **stage["mapping"]} for stage in stages("logfmt")]
    assert [{key: value for key, value in body.items() if key != "mapping"} for body in values("logfmt")] == flat


def test_times_are_read_in_the_same_formats() -> None:
    assert values("timestamp") == stages("timestamp")


def test_labels_and_structured_metadata_are_the_same() -> None:
    def plain(stage: dict[str, Any]) -> dict[str, str]:
        return {key: value or "" for key, value in stage.items()}

    for kind in ("labels", "static_labels", "structured_metadata"):
        ours, theirs = (sorted(found, key=str) for found in (values(kind), [plain(stage) for stage in stages(kind)]))
        assert ours == theirs, kind
    assert values("label_keep") == [{"values": stage} for stage in stages("labelallow")]


def test_containers_are_relabelled_by_the_same_rules() -> None:
    docker = next(job for job in PROMTAIL["scrape_configs"] if "docker_sd_configs" in job)

    assert [pairs(body) for body in block("rule")] == docker["relabel_configs"]


def test_files_are_found_at_the_same_paths_with_the_same_labels() -> None:
    ours = {body["__path__"]: body for body in map(pairs, block("local.file_match"))}
    theirs = {
        static["labels"]["__path__"]: static["labels"]
        for job in PROMTAIL["scrape_configs"]
        for static in job.get("static_configs", ())
    }

    assert theirs
    for path, labels in theirs.items():
        assert ours[path] == {**labels, "sync_period": PROMTAIL["target_config"]["sync_period"]}
    assert len(ours) == len(theirs)


def test_lines_are_sent_the_same_way() -> None:
    (endpoint,) = block("endpoint")
    (client,) = PROMTAIL["clients"]
    sent = pairs(endpoint)

    assert sent["batch_wait"] == client["batchwait"]
    assert sent["min_backoff_period"] == client["backoff_config"]["min_period"]
    assert sent["max_backoff_period"] == client["backoff_config"]["max_period"]
    assert f"max_backoff_retries = {client['backoff_config']['max_retries']}" in endpoint
    assert '"http://loki:3100") + "/loki/api/v1/push"' in endpoint
    assert client["url"] == "http://loki:3100/loki/api/v1/push"
