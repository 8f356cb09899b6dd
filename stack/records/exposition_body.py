"""From the bytes of a response, or a text example, to an exposition: decoding, format, and what is no exposition."""

from __future__ import annotations

import re

from stack.records.exposition import Exposition, Format, OpenMetricsExposition, TextExposition
from stack.records.exposition_parser import parse_lines
from stack.records.exposition_violations import Violations

_HEAD = re.compile(r"content-type:[ \t]*+([^\r\n]*+)\r?\n\r?\n", re.IGNORECASE)
_HTML = re.compile(r"\s*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_LAST_EOF = re.compile(r"(?:\A|.*\n)# EOF\s*\Z", re.DOTALL)
_SIGNATURES = {b"\x1f\x8b": "gzip data that was not decompressed", b"\x28\xb5\x2f\xfd": "zstd data that was not decompressed"}
_MUCH_NOISE = 0.1


def parse_text(text: str, only: Format | None) -> Exposition:
    """Read an exposition from text that may be headed by a Content-Type line and an empty line."""
    head = _HEAD.match(text)
    content_type = None
    if head:
        content_type, text = head[1].strip(), text[head.end() :]
    return _exposition(text, len(text.encode("utf-8", "surrogatepass")), content_type, only, Violations())


def read_body(body: bytes, content_type: str | None, only: Format | None) -> Exposition:
    """Read an exposition from a response's body and its Content-Type header; None where it had none."""
    violations = Violations()
    header = (content_type or "").strip()
    noise = _noise(body)
    if noise:
        violations.report("parsable", 0, noise)
        fmt = only or _by_header(header) or Format.TEXT
        return _made(fmt, "", len(body), header, violations)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        violations.report("utf-8", line, detail=(f"0x{body[error.start]:02x}", str(error.start + 1)))
        text = body.decode("utf-8", "replace")
    return _exposition(text, len(body), header, only, violations)


def _noise(body: bytes) -> str | None:
    """What the body is if it is no text at all."""
    for signature, name in _SIGNATURES.items():
        if body.startswith(signature):
            return name
    start = body[:4096]
    if not start:
        return None
    odd = start.decode("utf-8", "replace").count("\ufffd") + sum(byte < 32 and byte not in b"\t\n\r" for byte in start)  # noqa: PLR2004  # control characters
    return "binary data" if odd > _MUCH_NOISE * len(start) else None


def _by_header(content_type: str) -> Format | None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/openmetrics-text":
        return Format.OPENMETRICS
    return Format.TEXT if media_type == "text/plain" else None


def _exposition(text: str, size: int, content_type: str | None, only: Format | None, violations: Violations) -> Exposition:
    fmt = only or _by_header(content_type or "")
    if fmt is None:
        fmt = Format.OPENMETRICS if _LAST_EOF.match(text[-200:]) else Format.TEXT
    return _made(fmt, text, size, content_type, violations)


def _made(fmt: Format, text: str, size: int, content_type: str | None, violations: Violations) -> Exposition:
    families = parse_lines(text, fmt, violations)
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
