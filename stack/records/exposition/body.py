"""From the bytes of a response, or a text example, to an exposition: decoding, format, and what is no exposition."""

from __future__ import annotations

import json
import re

from stack.records.exposition.faults import Violations
from stack.records.exposition.model import Exposition, Format, OpenMetricsExposition, TextExposition
from stack.records.exposition.parser import parse_lines

_HEAD = re.compile(r"content-type:[ \t]*+([^\r\n]*+)\r?\n\r?\n", re.IGNORECASE)
_HTML = re.compile(r"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--.*?-->\s*+)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_EOF = re.compile(r"^# EOF\r?$", re.MULTILINE)
_SIGNATURES = {
    b"\x1f\x8b": "gzip data that was not decompressed",
    b"\x28\xb5\x2f\xfd": "zstd data that was not decompressed",
}
_START = 4096
_MUCH_NOISE = 0.1
_LARGEST_JSON = 1 << 20


def parse_text(text: str, only: Format | None) -> Exposition:
    r"""Read an exposition from text that may be headed by a Content-Type line and an empty line.

    Bytes that are no UTF-8 may be written as Python's surrogate escapes (`\udcff` for the byte 0xff).
    """
    head = _HEAD.match(text)
    content_type = head[1].strip() if head else None
    text = text[head.end() :] if head else text
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        return _read(_as_bytes(text), content_type, only)
    return _judged(text, size, content_type, only, Violations())


def read_body(body: bytes, content_type: str | None, only: Format | None) -> Exposition:
    """Read an exposition from a response's body and its Content-Type header; None where it had none."""
    return _read(body, (content_type or "").strip(), only)


def _as_bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _read(body: bytes, content_type: str | None, only: Format | None) -> Exposition:
    violations = Violations()
    noise = _noise(body)
    if noise:
        violations.report("parsable", 0, "body", noise)
        return _made(only or _by_header(content_type) or Format.TEXT, "", len(body), content_type, violations)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _tell_undecodable(body, violations)
        text = body.decode("utf-8", "replace")
    return _judged(text, len(body), content_type, only, violations)


def _tell_undecodable(body: bytes, violations: Violations) -> None:
    for at, line in enumerate(body.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            detail = (f"0x{line[error.start]:02X}", str(error.start + 1))
            violations.report("utf-8", at, detail=detail, excerpt=line[:200].decode("utf-8", "backslashreplace"))


def _noise(body: bytes) -> str | None:
    """What the body is if it is no text at all."""
    for signature, name in _SIGNATURES.items():
        if body.startswith(signature):
            return name
    start = body[:_START]
    if not start:
        return None
    controls = sum(byte < 0x20 and byte not in b"\t\n\r" for byte in start)
    odd = controls + start.decode("utf-8", "replace").count("\ufffd")
    return "binary data" if odd > 1 and odd > _MUCH_NOISE * len(start) else None


def _document(text: str) -> str | None:
    """What the text is if it is a document of another kind."""
    if _HTML.match(text[:_START]):
        return "an HTML page"
    if text.lstrip()[:1] in {"{", "["} and len(text) <= _LARGEST_JSON:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return None
        return "a JSON document"
    return None


def _by_header(content_type: str | None) -> Format | None:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type == "application/openmetrics-text":
        return Format.OPENMETRICS
    return Format.TEXT if media_type == "text/plain" else None


def _judged(text: str, size: int, content_type: str | None, only: Format | None, violations: Violations) -> Exposition:
    end = text[-_START:].rstrip().rpartition("\n")[2]
    fmt = only or _by_header(content_type) or (Format.OPENMETRICS if end == "# EOF" else Format.TEXT)
    document = _document(text)
    if document:
        violations.report("parsable", 0, "body", document, excerpt=text.strip())
        return _made(fmt, text, size, content_type, violations)
    if text.startswith("\ufeff"):
        violations.report("no-byte-order-mark", 1)
        text = text[1:]
    if fmt is Format.OPENMETRICS:
        text = _check_eof(text, violations)
    elif text and not text.endswith("\n"):
        line = text.count("\n") + 1
        violations.report("text-final-line-feed", line, excerpt=text.rpartition("\n")[2])
    return _made(fmt, text, size, content_type, violations)


def _check_eof(text: str, violations: Violations) -> str:
    """Judge the end of an OpenMetrics body; returns the text that is worth reading."""
    found = _EOF.search(text)
    if found is None:
        violations.report("openmetrics-eof", text.count("\n", 0, len(text.rstrip("\n"))) + 1, "missing")
        return text
    after = text[found.end() + 1 :]
    if not after:
        return text
    line = text.count("\n", 0, found.end()) + 2
    lines = after.count("\n") + (not after.endswith("\n"))
    violations.report("openmetrics-eof", line, "after", detail=(str(lines),), excerpt=after.partition("\n")[0])
    return text if after.strip() else text[: found.end() + 1]


def _made(fmt: Format, text: str, size: int, content_type: str | None, violations: Violations) -> Exposition:
    documented = bool(violations.counts.get("parsable"))
    families = () if documented else parse_lines(text, fmt, violations)
    record = OpenMetricsExposition if fmt is Format.OPENMETRICS else TextExposition
    return record(
        format=fmt,
        families=families,
        by_code=violations.by_code(),
        violation_counts=violations.counts,
        text=text,
        size=size,
        series_count=sum(len(family.samples) for family in families),
        content_type=content_type,
    )
