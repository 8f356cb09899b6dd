"""Reads a response body or a text example: decoding, format, the end, and documents that are no exposition."""

import json
import re
from typing import NamedTuple

from stack.records.exposition.family import FamilyDraft, Lone
from stack.records.exposition.faults import EXCERPT, Faults
from stack.records.exposition.model import Format
from stack.records.exposition.parser import parse_lines

_HEAD = re.compile(r"content-type:[ \t]*+([^\r\n]*+)\r?\n\r?\n", re.IGNORECASE)
_HTML = re.compile(r"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--.*?-->\s*+)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_EOF = re.compile(r"^# EOF\r?$", re.MULTILINE)
_OF_TEXT_FORMAT = re.compile(r"^# TYPE (?:\S+_total counter|\S+ untyped)$", re.MULTILINE)
"""Metadata that only the text format has."""
_SIGNATURES = {
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"\x1f\x8b": "gzip data that was not decompressed",
    b"\x28\xb5\x2f\xfd": "zstd data that was not decompressed",
}
_OTHERS = {
    re.compile(r"[\w-]+(?:\.[\w-]+)+ \S+ [0-9]{9,10}\n"): "in the line format of Graphite",
    re.compile(r'[\w.-]+(?:,[\w.-]+=[^\s,"]+)+ [\w.-]+=\S+(?: [0-9]+)?\n'): "in the line format of InfluxDB",
    re.compile(r"[\w.-]+:[0-9.+-]+\|(?:c|g|h|ms|s)\b"): "in the line format of StatsD",
    re.compile(r"%PDF-"): "a PDF document",
}
"""What else a body may be, by its first line."""
_PROTOBUF = re.compile(rb"[\x80-\xff]{0,3}[\x00-\x7f]\x0a[\x01-\x7f][a-zA-Z_:][a-zA-Z0-9_:]*\x12", re.DOTALL)
"""A message with its length before it, whose first two fields are texts: a family's name and its help."""
TEXT_AS_OPENMETRICS = ("text format",)
"""The subject of the fault of a body in the text format that was sent as OpenMetrics."""
_START = 4096
_MUCH_NOISE = 0.1
_LARGEST_JSON = 1 << 20


class Parsed(NamedTuple):
    """What was read; the fields are those of `Exposition`, which see."""

    format: Format
    families: tuple[FamilyDraft | Lone, ...]
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


def in_text_format(text: str) -> bool:
    """Whether a body, or its beginning, has what only the text format has, and not the end of OpenMetrics."""
    return not _EOF.search(text) and bool(_OF_TEXT_FORMAT.search(text))


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
    if _PROTOBUF.match(start):
        return "metrics in protobuf"
    controls = sum(byte < 0x20 and byte not in b"\t\n\r" for byte in start)
    odd = controls + start.decode("utf-8", "replace").count("\ufffd")
    return "binary data" if odd > 1 and odd > _MUCH_NOISE * len(start) else None


def _document(text: str) -> str | None:
    """What the text is if it is a document of another kind."""
    if _HTML.match(text[:_START]):
        return "an HTML page"
    start = text[:_START].lstrip()
    if start[:1] in {"{", "["} and len(text) <= _LARGEST_JSON:
        for part, name in ((text, "a JSON document"), (start.partition("\n")[0], "JSON, one object per line")):
            try:
                json.loads(part)
            except (ValueError, RecursionError):
                continue
            return name
    return next((name for first_line, name in _OTHERS.items() if first_line.match(start)), None)


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
    lines = _single_line_feeds(text, faults) if "\r" in text else text
    read = _up_to_eof if fmt is Format.OPENMETRICS else _up_to_line_feed
    return Parsed(fmt, read(lines, faults), faults, text, size, content_type)


def _single_line_feeds(text: str, faults: Faults) -> str:
    r"""Return the text where `\n\r` or `\r` alone ended its lines; `\r\n` is left to the reader of lines."""
    starts, ends = text.count("\n\r"), text.count("\r\n")
    if "\n" not in text and text.rstrip("\r").count("\r"):
        ending = "\r"
    elif starts > ends:
        ending = "\n\r"
    else:
        return text
    place, first = ("alone", 1) if ending == "\r" else ("after", 2)
    for at in range(first, first + text.count(ending)):
        faults.report("carriage_return", at, place)
    return text.replace(ending, "\n")


def _up_to_line_feed(text: str, faults: Faults) -> tuple[FamilyDraft | Lone, ...]:
    """Read a body in the text format; one that does not end with a line feed was cut, or its writer forgot it."""
    if not text or text.endswith("\n"):
        return parse_lines(text, Format.TEXT, faults)
    end = text.count("\n") + 1
    if end > 1:
        faults.last_line = end - 1
    families = parse_lines(text, Format.TEXT, faults, cut=end > 1)
    faults.last_line = end
    if any(family.samples for family in families):
        state = "cut" if faults.left_out else "whole"
        faults.report("missing_final_line_feed", end, state, excerpt=text.rpartition("\n")[2])
    return families


def _up_to_eof(text: str, faults: Faults) -> tuple[FamilyDraft | Lone, ...]:
    """Read an OpenMetrics body and check its end."""
    found = _EOF.search(text)
    if found is None and in_text_format(text):
        faults.report("bad_eof", 0, *TEXT_AS_OPENMETRICS)
        return parse_lines(text, Format.TEXT, faults)
    if found is None:
        end = text.count("\n", 0, len(text.rstrip("\n"))) + 1
        faults.report("bad_eof", end, "missing")
        if not text.endswith("\n"):
            faults.last_line = end - 1
        return parse_lines(text, Format.OPENMETRICS, faults, cut=True)
    after = text[found.end() + 1 :]
    if after:
        line = text.count("\n", 0, found.end()) + 2
        lines = after.count("\n") + (not after.endswith("\n"))
        faults.report("bad_eof", line, "after", excerpt=after.partition("\n")[0], lines=str(lines))
        faults.last_line = line - 1
    return parse_lines(text if after.strip() else text[: found.end() + 1], Format.OPENMETRICS, faults)
