"""The log formats in use and how each is read as one `LogRecord`.

A format is data: `schemas/logs/<name>.schema.json` says under `x-log-format` which keys hold the time, the level, the
message and so on. Keys with dots are looked up as they are and else as a path (`log.level` finds
`{"log": {"level": …}}`), because ECS allows both.

Sources: zap's production encoder (https://pkg.go.dev/go.uber.org/zap#NewProductionEncoderConfig), structlog's JSON
renderer (https://www.structlog.org/en/stable/logging-best-practices.html), ECS logging
(https://github.com/elastic/ecs-logging/blob/main/spec/spec.json).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from stack.records.logs.time_stamps import read_time
from stack.text.schema_data import log_formats, schema_data

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogFormat:
    """Where a format keeps its parts; of several keys the first with a value counts.

    `levels` are the literal levels that the format's own library writes, `schema` is the JSON Schema of a line.
    """

    name: str
    schema: Mapping[str, Any]
    time: Keys
    level: Keys
    message: Keys
    service: Keys
    request_id: Keys
    trace_id: Keys
    span_id: Keys
    logger: Keys
    error: Keys
    stack: Keys
    levels: tuple[str, ...]

    @property
    def numeric_time(self) -> bool:
        """Whether the time may be a number: seconds since the epoch."""
        return "number" in self.schema["properties"][self.time[0]]["type"]


def _format(name: str) -> LogFormat:
    file = f"logs/{name}.schema.json"
    schema = schema_data(file)
    parts = {field.name for field in fields(LogFormat)} - {"name", "schema"}
    given = schema.get("x-log-format", {})
    if missing := sorted(parts - given.keys()):
        raise ValueError(f"schemas/{file}: `x-log-format` lacks {', '.join(missing)}; write [] where lines have none")
    return LogFormat(name, schema, **{part: tuple(given[part]) for part in parts})


FORMATS: Mapping[str, LogFormat] = {name: _format(name) for name in log_formats()}
"""The formats by name: one file each in `schemas/logs/`, with the schema of a line and the keys of its parts."""

LEVELS: Mapping[str, str] = {
    "trace": "trace",
    "debug": "debug",
    "info": "info",
    "information": "info",
    "notice": "info",
    "warn": "warning",
    "warning": "warning",
    "err": "error",
    "error": "error",
    "exception": "error",
    "crit": "critical",
    "critical": "critical",
    "dpanic": "critical",
    "panic": "critical",
    "fatal": "critical",
    "alert": "critical",
    "emerg": "critical",
    "emergency": "critical",
}
"""Literal levels, in lower case, and the five names they are compared by."""


class LogRecord(NamedTuple):
    """The content of one log line, whatever its format; a part that is absent is `None`.

    `time_ns` counts from the epoch in UTC, `time` is the literal and `zoned` whether it has a
    time zone. `level` is one of trace, debug, info, warning, error, critical, `level_text` the literal.
    `error` and `stack` are kept as they are: text, list or object.
    """

    format: str
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


def lookup(value: Mapping[str, Any], keys: Keys) -> Any:
    """The first of `keys` with a value: neither absent nor null nor empty text, list or object."""
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
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def detect(value: Mapping[str, Any]) -> LogFormat:
    """The format a line most likely has, where the service declares none: by the key of its time, else by most keys."""
    timed = [form for form in FORMATS.values() if form.time[0] in value]
    if len(timed) == 1:
        return timed[0]
    return max(timed or FORMATS.values(), key=lambda form: sum(key in value for key in form.schema["properties"]))


def normalise(value: Mapping[str, Any], form: LogFormat | None = None) -> LogRecord:
    """Read a parsed log line as a record; never raises."""
    form = form or detect(value)
    time = lookup(value, form.time)
    moment = read_time(time)
    level = lookup(value, form.level)
    return LogRecord(
        format=form.name,
        time_ns=None if moment is None else moment.ns,
        time=time,
        zoned=moment is not None and moment.zoned,
        level=LEVELS.get(level.lower()) if isinstance(level, str) else None,
        level_text=level,
        message=lookup(value, form.message),
        service=lookup(value, form.service),
        request_id=lookup(value, form.request_id),
        logger=lookup(value, form.logger),
        error=lookup(value, form.error),
        stack=lookup(value, form.stack),
    )
