"""Promtail configurations made at random from the stages that the stand-in claims to know: the same each time."""

import random
from collections.abc import Callable
from typing import Any

Stage = dict[str, Any]

PATHS = {
    "level": ["", "level", 'level || "log.level" || log.level', "log.level", "level || \"@t\" && 'info'"],
    "at": ['ts || timestamp || "@timestamp"', "ts", "timestamp", '"@timestamp"'],
    "request_id": ["", "request_id", 'request_id || "http.request.id"'],
    "text": ["msg || event || message", "msg", '"message"'],
    "whole": ["http", "log.level", "nothing", "resourceLogs[0].scopeLogs", "resourceLogs[1] || 'none'"],
    "span_id": ["", "span_id || trace_id"],
}
EXPRESSIONS = [
    r"^(?P<first>[^ ]+) +(?P<rest>.*)$",
    r"^(?P<level>(?i:debug|info|warn|error))$",
    r"(?P<word>(?i:error|warn(?:ing)?|panic))",
    r"^(?P<start>[^{} ]{1,12})(?P<nothing>zzz)?",
    r"(?P<number>[0-9]{3,})[^0-9]",
    r"^.(?P<second>.)",
    r"^(?P<at>\d{9,10}(?:\.\d{1,9})?|\d{4}-\d\d-\d\d[T ].+)$",
    r"/(?P<start>[^/]+)\.log$",
]
TEMPLATES = [
    "{{ ToLower .Value }}",
    '{{ get (dict "info" "informal" "warn" "" "error" "bad") (ToLower .Value) }}',
    '{{ regexReplaceAll "^([a-z]+)(.)" .Value "$2-$1" }}',
]
FORMATS = ["RFC3339Nano", "Unix", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700",
           "0102 15:04:05", "02/Jan/2006:15:04:05 -0700", "2006-01-02 15:04:05"]  # fmt: skip
SELECTORS = [
    '{case=~".+"}',
    '{case=~".+"} |= "level"',
    '{level="info"}',
    '{level=~".+"}',
    '{case=~"case-.*[02468]"}',
    '{nothing=""}',
    '{case=~"case.*", level=~"warn|error|critical"} |= "msg"',
]
SOURCES = [
    "level",
    "at",
    "request_id",
    "text",
    "word",
    "first",
    "number",
    "start",
    "absent",
    "filename",
    "case",
    "span_id",
]


def _json(rng: random.Random) -> Stage:
    chosen = rng.sample(sorted(PATHS), rng.randrange(1, 5))
    return {"expressions": {name: rng.choice(PATHS[name]) for name in chosen}}


def _regex(rng: random.Random) -> Stage:
    source = rng.choice([*SOURCES, None])
    return {"expression": rng.choice(EXPRESSIONS), **({"source": source} if source else {})}


def _logfmt(rng: random.Random) -> Stage:
    names = rng.sample(["level", "at", "request_id", "text"], rng.randrange(1, 4))
    keys = rng.sample(["level", "ts", "time", "request_id", "msg", "traceID"], len(names))
    source = rng.choice(["text", "first", None, None])
    return {"mapping": dict(zip(names, keys, strict=True)), **({"source": source} if source else {})}


def _template(rng: random.Random) -> Stage:
    return {"source": rng.choice([*SOURCES[:8], "fresh"]), "template": rng.choice(TEMPLATES)}


def _timestamp(rng: random.Random) -> Stage:
    stage: Stage = {"source": "at", "format": rng.choice(FORMATS)}
    if rng.random() < 0.5:
        stage["fallback_formats"] = rng.sample(FORMATS, rng.randrange(1, 4))
    if rng.random() < 0.4:
        stage["action_on_failure"] = rng.choice(["skip", "fudge"])
    return stage


def _labels(rng: random.Random) -> Stage:
    names = rng.sample(["level", "word", "second", "fresh", "case", "start"], rng.randrange(1, 4))
    return {name: rng.choice([None, "", "level", "word", "second", "fresh"]) for name in names if name != "case"} or {
        "level": None
    }


def _metadata(rng: random.Random) -> Stage:
    names = rng.sample(["request_id", "span_id", "number", "text", "level", "whole", "absent"], rng.randrange(1, 4))
    return {name: rng.choice([None, None, "request_id", "first"]) for name in names}


def _static(rng: random.Random) -> Stage:
    return {rng.choice(["level", "team", "static"]): rng.choice(["unknown", "", None, "über"])}


def _labelallow(rng: random.Random) -> list[str]:
    return ["case", *rng.sample(["filename", "level", "word", "team"], 2)]


def _match(rng: random.Random) -> Stage:
    kinds = [kind for kind in KINDS if kind[0] not in {"match", "timestamp", "structured_metadata"}]
    inner = [_one(rng, kinds) for _ in range(rng.randrange(1, 4))]
    return {"selector": rng.choice(SELECTORS), "stages": inner}


KINDS: list[tuple[str, Callable[[random.Random], Any], int]] = [
    ("json", _json, 6),
    ("regex", _regex, 4),
    ("logfmt", _logfmt, 3),
    ("template", _template, 3),
    ("timestamp", _timestamp, 4),
    ("labels", _labels, 4),
    ("structured_metadata", _metadata, 3),
    ("static_labels", _static, 2),
    ("labelallow", _labelallow, 1),
    ("match", _match, 3),
]


def _one(rng: random.Random, kinds: list[tuple[str, Callable[[random.Random], Any], int]]) -> Stage:
    [(name, make, _)] = rng.choices(kinds, [kind[2] for kind in kinds])
    return {name: make(rng)}


def pipeline(seed: int) -> list[Stage]:
    """Return the stages of one generated configuration; most begin as real ones do, with `json`.

    After a `match` stage real Promtail lets the lines that it does not select overtake those that it does, so what a
    fudged time follows is left to chance there, and cannot be compared. Structured metadata is set once: which of two
    values of one name Loki shows depends on whether one is empty.
    """
    rng = random.Random(seed)  # noqa: S311  # test data, not a secret
    first = [{"json": _json(rng)}] if rng.random() < 0.8 else []
    made = first + [_one(rng, KINDS) for _ in range(rng.randrange(2, 9))]
    metadata = [stage for stage in made if "structured_metadata" in stage]
    stages = [stage for stage in made if stage not in metadata[1:]]
    matched = False
    for stage in stages:
        matched = matched or "match" in stage
        if matched and "timestamp" in stage:
            stage["timestamp"]["action_on_failure"] = "skip"
    return stages
