"""The log formats: which keys of a line hold its time, level, message and so on, and how each is read.

A format is data. The presets are in `schemas/logs/`, one file each, and `logs.format` of a `service.yaml` may name one
or declare its own in the same terms, which `schemas/service.schema.json` explains (`log_format`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from stack.records.logs.levels import LEVELS, level_of
from stack.records.logs.time_stamps import NS, UNITS, read_time
from stack.text.schema_data import log_formats, schema_data

Keys = tuple[str, ...]

PARTS = ("service", "request_id", "trace_id", "span_id", "logger", "error", "stack")
"""The parts that a line may have besides time, level and message."""


@dataclass(frozen=True, eq=False)
class LogFormat:
    """Where a format keeps its parts; of several keys the first with a value counts.

    `lines` is the syntax: `json`, `logfmt`, `klog`, or `text` for lines without fields. Numeric times are in units of
    `unit_ns` nanoseconds, None where a time is text; `layouts` are those of texts that are not RFC 3339; `utc` means
    that times without a zone are UTC by definition. `levels` maps literals, in lower case, to the names that they are
    compared by, `default_level` is that of lines that name none. `optional` are the parts among time, level and
    message that a line may lack, `writes` further keys that tell this format from others, `own_schema` what a line
    must keep to beyond the parts, as JSON Schema.
    """

    name: str
    lines: str = "json"
    time: Keys = ()
    level: Keys = ()
    message: Keys = ()
    service: Keys = ()
    request_id: Keys = ()
    trace_id: Keys = ()
    span_id: Keys = ()
    logger: Keys = ()
    error: Keys = ()
    stack: Keys = ()
    unit_ns: int | None = None
    layouts: tuple[str, ...] = ()
    utc: bool = False
    levels: Mapping[str, str] = field(default_factory=lambda: LEVELS)
    default_level: str | None = None
    writes: Keys = ()
    optional: Keys = ()
    own_schema: Mapping[str, Any] | None = None

    @classmethod
    def declared(cls, given: str | Mapping[str, Any]) -> LogFormat:
        """The preset of that name, or the format with the parts of a mapping, on top of those of its `preset`."""
        if isinstance(given, str):
            return FORMATS[given]
        base = _preset(given["preset"]) if "preset" in given else {}
        merged = {part: _merged(base.get(part, ()), given[part]) for part in ("time", "level") if part in given}
        return _format(given.get("preset", "own"), {**base, **given, **merged})

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of a line: the parts with their types, and `own_schema`."""
        time = ("string", "number") if self.unit_ns else ("string",)
        kinds = dict.fromkeys(self.time, time) | dict.fromkeys(self.level, ("string", "integer"))
        for key in self.message:
            nested = any(other.startswith(f"{key}.") for other in self.message)
            kinds[key] = ("string", "object") if nested else ("string",)
        optional = {*self.optional, "level" if self.default_level else ""}
        due = [getattr(self, part) for part in ("time", "level", "message") if part not in optional]
        parts = [_typed(key, kind, 0 if key in self.message else 1) for key, kind in kinds.items()]
        required = [_required(keys) for keys in due if keys]
        own = [self.own_schema] if self.own_schema else []
        return {"type": "object", "propertyNames": {"minLength": 1}, "allOf": [*required, *parts, *own]}

    def read(self, value: Mapping[str, Any], near_s: float = 0) -> LogRecord:
        """Read the fields of a line, written about `near_s` seconds after the epoch, as a record; never raises."""
        time = lookup(value, self.time)
        moment = read_time(time, self.unit_ns or NS, self.layouts, near_s)
        level = lookup(value, self.level)
        return LogRecord(
            format=self,
            time_ns=None if moment is None else moment.ns,
            time=time,
            zoned=moment is not None and (moment.zoned or self.utc),
            level=self.default_level if level is None else level_of(level, self.levels),
            level_text=_shared(level),
            message=_shared(lookup(value, self.message)),
            service=_shared(lookup(value, self.service)),
            request_id=lookup(value, self.request_id),
            logger=_shared(lookup(value, self.logger)),
            error=lookup(value, self.error),
            stack=lookup(value, self.stack),
        )


_texts = dict[str, str]()
_MOST_TEXTS = 1000


def _shared(value: Any) -> Any:
    """The value; lines that have the same text share one object in memory, for most of a log's texts are few."""
    if type(value) is not str:
        return value
    if len(_texts) >= _MOST_TEXTS:
        _texts.clear()
    return _texts.setdefault(value, value)


class LogRecord(NamedTuple):
    """The content of one log line, whatever its format; a part that is absent is `None`.

    `time_ns` counts from the epoch in UTC, `time` is the literal and `zoned` whether it has a
    time zone. `level` is one of `stack.records.logs.levels.NAMES`, `level_text` the literal.
    `error` and `stack` are kept as they are: text, list or object.
    """

    format: LogFormat
    time_ns: int | None
    time: Any
    zoned: bool
    level: str | None
    level_text: Any
    message: Any
    service: Any
    request_id: Any
    logger: Any
    error: Any
    stack: Any

    @property
    def is_error(self) -> bool:
        """Whether the line reports a failure: level error or above."""
        return self.level in {"error", "critical"}


def _typed(key: str, kinds: Sequence[str], length: int) -> dict[str, Any]:
    """The type of the value under `key`, which is flat, or nested where it has dots."""
    of_value = {"type": list(kinds), "minLength": length}
    return {"properties": {key: of_value, **_nested(key, of_value)}}


def _nested(key: str, of_value: Mapping[str, Any]) -> dict[str, Any]:
    first, _, rest = key.partition(".")
    if not rest:
        return {key: of_value}
    # In a list only that the value is there is asked for.
    return {} if rest[0].isdigit() else {first: {"properties": _nested(rest, of_value)}}


def _required(keys: Keys) -> dict[str, Any]:
    """That one of `keys` is there, flat or nested."""
    ways = [way for key in keys for way in _ways(key)]
    return ways[0] if len(ways) == 1 else {"title": f"key `{keys[0]}`", "anyOf": ways}


def _ways(key: str) -> list[dict[str, Any]]:
    first, _, rest = key.partition(".")
    ways: list[dict[str, Any]] = [{"required": [key]}]
    index, _, after = rest.partition(".")
    if index.isdigit():
        listed = [{"type": "array", "minItems": int(index) + 1, "prefixItems": [way]} for way in _ways(after)]
        return ways + [{"required": [first], "properties": {first: items}} for items in listed]
    if rest:
        ways += [{"required": [first], "properties": {first: {"type": "object", **way}}} for way in _ways(rest)]
    return ways


def _keys(given: Any) -> Keys:
    keys = given.get("keys", ()) if isinstance(given, Mapping) else given
    return (keys,) if isinstance(keys, str) else tuple(keys)


def _merged(base: Any, given: Any) -> Any:
    """What is said of a time or level, on top of what the preset says; further values of a level are added."""
    if not isinstance(given, Mapping):
        return {**base, "keys": given} if isinstance(base, Mapping) else given
    known = base if isinstance(base, Mapping) else {"keys": base}
    values = {name: _list(literals) for name, literals in known.get("values", {}).items()}
    for name, literals in given.get("values", {}).items():
        values[name] = [*values.get(name, []), *_list(literals)]
    return {**known, **given, "values": values}


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _format(name: str, given: Mapping[str, Any]) -> LogFormat:
    """Make a format of its declaration, which keeps to `log_format` in `schemas/service.schema.json`."""
    time, level = given.get("time", ()), given.get("level", ())
    timing: Mapping[str, Any] = time if isinstance(time, Mapping) else {}
    grading: Mapping[str, Any] = level if isinstance(level, Mapping) else {}
    values = {
        str(literal).lower(): known
        for known, literals in grading.get("values", {}).items()
        for literal in _list(literals)
    }
    return LogFormat(
        name,
        given.get("lines", "json"),
        time=_keys(time),
        level=_keys(level),
        message=_keys(given.get("message", ())),
        **{part: _keys(given.get(part, ())) for part in PARTS},
        unit_ns=UNITS.get(timing.get("unit", "")),
        layouts=tuple(_list(timing.get("layout", []))),
        utc=timing.get("zone") == "UTC",
        levels={**LEVELS, **values},
        default_level=grading.get("default"),
        writes=_keys(given.get("writes", ())),
        optional=_keys(given.get("optional", ())),
        own_schema=given.get("schema"),
    )


def _preset(name: str) -> Mapping[str, Any]:
    return schema_data(f"logs/{name}.yaml")  # type: ignore[no-any-return]  # a mapping, as tests prove


FORMATS: Mapping[str, LogFormat] = {name: _format(name, _preset(name)) for name in log_formats()}
"""The presets by name: one file each in `schemas/logs/`."""


def lookup(value: Mapping[str, Any], keys: Keys) -> Any:
    """The first of `keys` with a value: neither absent nor null nor empty text, list or object.

    A key with dots is taken as it is, else as a path (`log.level` finds `{"log": {"level": …}}`), as ECS allows both.
    On its way a number is an index of a list, and in OTLP's lists of attributes the rest of it is one's name.
    """
    for key in keys:
        found = value.get(key)
        if found is None and "." in key:
            found = _walk(value, key)
        if found is not None and found != "" and found != [] and found != {}:
            return found
    return None


def has(value: Mapping[str, Any], keys: Keys) -> bool:
    """Whether one of `keys` is there at all, empty or not."""
    return any(key in value or ("." in key and _walk(value, key) is not None) for key in keys)


def _walk(value: Any, path: str) -> Any:
    rest = path
    while rest:
        if isinstance(value, Mapping):
            if rest in value:
                return value[rest]
            part, _, rest = rest.partition(".")
            value = value.get(part)
        elif isinstance(value, list):
            part, _, after = rest.partition(".")
            if not part.isdigit():
                return next(_attributes(value, rest), None)
            value, rest = value[int(part)] if int(part) < len(value) else None, after
        else:
            return None
    return value


def _attributes(pairs: list[Any], name: str) -> Iterator[Any]:
    for pair in pairs:
        if isinstance(pair, Mapping) and pair.get("key") == name:
            content = pair.get("value")
            yield next(iter(content.values()), None) if isinstance(content, Mapping) else content


def detect(value: Mapping[str, Any]) -> LogFormat:
    """The preset that the fields of a JSON line fit best."""
    return max(_JSON, key=lambda form: fit(value, form))


_FIRST = ("zap", "structlog", "ecs")
_JSON = sorted((form for form in FORMATS.values() if form.lines == "json"), key=lambda form: form.name not in _FIRST)


def fit(value: Mapping[str, Any], form: LogFormat) -> float:
    """How well the fields of a line fit a format; 0 where they say nothing for it."""
    time = lookup(value, form.time)
    timed = time is not None and read_time(time, form.unit_ns or NS, form.layouts) is not None
    suits = timed and (form.unit_ns is not None or not isinstance(time, int | float))
    level = lookup(value, form.level)
    own = isinstance(level, int) or not any(literal.isdigit() for literal in form.levels)
    return (
        4 * suits
        + 2 * (time is not None)
        + (1 + own) * (level_of(level, form.levels) is not None)
        + 2 * has(value, form.message[:1])
        + has(value, form.message)
        + sum(2 * has(value, (key,)) for key in form.writes)
    )
