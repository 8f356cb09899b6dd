"""Reads a response body or a text example: decoding, format, the end, and documents that are no exposition."""

import json
import re
from typing import NamedTuple

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import EXCERPT, Faults
from stack.records.exposition.model import Format
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


class Parsed(NamedTuple):
    """What was read; the fields are those of `Exposition`, which see."""

    format: Format
    families: tuple[FamilyDraft, ...]
    faults: Faults
    text: str
    size: int
    content_type: str | None


def parse_text(text: str, only: Format | None) -> Parsed:
    r"""Read text that may be headed by a Content-Type line and an empty line.

    Bytes that are no UTF-8 may be written as Python's surrogate escapes (`\udcff` for the byte 0xff).
    """
    head = _HEAD.match(text)
    content_type = head[1].strip() if head else None
    text = text[head.end() :] if head else text
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        return _read(_as_bytes(text), content_type, only)
    return _checked(text, size, content_type, only, Faults())


def read_body(body: bytes, content_type: str | None, only: Format | None) -> Parsed:
    """Read a response's body and its Content-Type header; None where it had none."""
    return _read(body, (content_type or "").strip(), only)


def _as_bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _read(body: bytes, content_type: str | None, only: Format | None) -> Parsed:
    faults = Faults()
    noise = _noise(body)
    if noise:
        faults.report("unparsable", 0, "body", noise)
        return Parsed(only or _by_header(content_type) or Format.TEXT, (), faults, "", len(body), content_type)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _report_undecodable(body, faults)
        text = body.decode("utf-8", "replace")
    return _checked(text, len(body), content_type, only, faults)


def _report_undecodable(body: bytes, faults: Faults) -> None:
    for at, line in enumerate(body.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            excerpt = line[:EXCERPT].decode("utf-8", "backslashreplace")
            byte, column = f"0x{line[error.start]:02X}", str(error.start + 1)
            faults.report("invalid_utf8", at, excerpt=excerpt, byte=byte, column=column)


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


def _checked(text: str, size: int, content_type: str | None, only: Format | None, faults: Faults) -> Parsed:
    end = text[-_START:].rstrip().rpartition("\n")[2]
    fmt = only or _by_header(content_type) or (Format.OPENMETRICS if end == "# EOF" else Format.TEXT)
    document = _document(text)
    if document:
        faults.report("unparsable", 0, "body", document, excerpt=text.strip())
        return Parsed(fmt, (), faults, text, size, content_type)
    if text.startswith("\ufeff"):
        faults.report("byte_order_mark", 1)
        text = text[1:]
    if fmt is Format.OPENMETRICS:
        text = _check_eof(text, faults)
    elif text and not text.endswith("\n"):
        line = text.count("\n") + 1
        faults.report("missing_final_line_feed", line, excerpt=text.rpartition("\n")[2])
    return Parsed(fmt, parse_lines(text, fmt, faults), faults, text, size, content_type)


def _check_eof(text: str, faults: Faults) -> str:
    """Check the end of an OpenMetrics body; returns the text that is worth reading."""
    found = _EOF.search(text)
    if found is None:
        faults.report("bad_eof", text.count("\n", 0, len(text.rstrip("\n"))) + 1, "missing")
        return text
    after = text[found.end() + 1 :]
    if not after:
        return text
    line = text.count("\n", 0, found.end()) + 2
    lines = after.count("\n") + (not after.endswith("\n"))
    faults.report("bad_eof", line, "after", excerpt=after.partition("\n")[0], lines=str(lines))
    return text if after.strip() else text[: found.end() + 1]
