"""Which lines belong to which of the requests that were sent."""

import contextlib
import json
from collections.abc import Mapping, Sequence

from stack.records.logs.line import LogLine
from stack.records.logs.stream import LogStream, SentRequest
from suites.core.rule import NotApplicable
from suites.logs.helpers.judge import Read


def lines_by_id(stream: LogStream) -> Mapping[str, Sequence[Read]]:
    """The records by the id of the sent request that they carry; use it as `stream.derived(lines_by_id)`."""
    found: dict[str, list[Read]] = {request.request_id: [] for request in stream.requests}
    for line in stream.lines:
        if line.record is not None and isinstance(line.record.request_id, str) and line.record.request_id in found:
            found[line.record.request_id].append(Read(line, line.record))
    return found


def lines_of_request(stream: LogStream, request: SentRequest) -> Sequence[Read]:
    """The lines that carry the id of `request`."""
    return stream.derived(lines_by_id).get(request.request_id, ())


def logged_requests(stream: LogStream) -> list[SentRequest]:
    """The requests whose lines are due; `NotApplicable` where none was sent."""
    due = [request for request in stream.requests if request.logged]
    if not due:
        raise NotApplicable("no request was sent whose lines are due")
    return due


def mentions(stream: LogStream, request_id: str) -> LogLine | None:
    """The first line that contains an id anywhere, under any key or in plain text."""
    wanted = request_id.encode()
    return next((line for line in stream.lines if wanted in line.raw), None)


def unreadable(stream: LogStream) -> bytes:
    """All lines that are no JSON object; use it as `stream.derived(unreadable)`.

    A request that is logged there does not lack its id but JSON, for which there are other rules.
    """
    return b"\n".join(line.raw.replace(b"\0", b"") for line in stream.lines if line.record is None)  # as in UTF-16


def key_of(line: LogLine, text: str) -> str | None:
    """The dotted path of the value that contains `text`; `None` where no value does."""
    value = line.value
    if value is None:
        return None
    found = _search(value, text)
    if found is None and "\\" in text:  # as the line has it, in which quotes and line feeds are escaped
        with contextlib.suppress(ValueError):
            found = _search(value, json.loads(f'"{text}"'))
    return found


def _search(value: object, text: str, path: str = "", depth: int = 0) -> str | None:
    if isinstance(value, Mapping) and depth < 20:
        parts = ((f"{path}.{key}" if path else str(key), part) for key, part in value.items())
        return next((hit for name, part in parts if (hit := _search(part, text, name, depth + 1)) is not None), None)
    if isinstance(value, list) and depth < 20:
        return next((hit for part in value if (hit := _search(part, text, path, depth + 1)) is not None), None)
    return path if text in str(value) else None
