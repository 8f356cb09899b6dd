"""JSON as Promtail's `json` stage reads it: all numbers are floats, and its library's leniencies are kept.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/json/
"""

import json
import math
import re
from decimal import Decimal
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f]")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_LONE = re.compile(r"[\ud800-\udfff]")


class Malformed(ValueError):  # noqa: N818  # the documentation's word for such a line
    """Not the JSON object that the stage needs."""


def read_object(text: str) -> dict[str, Any]:
    """Read a JSON object; raises `Malformed`. `null` counts as an object without keys.

    Objects nested deeper than Python's recursion limit are malformed here; Promtail's own limit is 10,000 levels.
    """
    if _CONTROL.search(text):
        _check_control_characters(text)
    try:
        value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_refuse, strict=False)
    except (ValueError, RecursionError) as broken:
        raise Malformed(str(broken)) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"a JSON object is expected, found {type(value).__name__}")
    return value


def as_text(value: object) -> str | None:
    """Return the text of an extracted value as stages use it, None where it has none (null)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _plain(value)
    return value if isinstance(value, str) else None


def extracted(value: object, *, utf8: bool) -> object:
    """Return what the `json` stage keeps of a found value: scalars as they are, the rest as JSON text."""
    if isinstance(value, str):
        # Half a surrogate pair cannot be a character; in a line that is UTF-8 it can only stem from an escape.
        return _LONE.sub("�", value) if utf8 else value
    if value is None or isinstance(value, bool | float):
        return value
    text = json.dumps(_integral(value), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Malformed(f"{text[:20]} is out of range")
    return value


def _refuse(text: str) -> None:
    raise Malformed(f"{text} is not JSON")


def _plain(value: float) -> str:
    """Write a float with the fewest digits that identify it and without an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _integral(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, list):
        return [_integral(item) for item in value]
    if isinstance(value, dict):
        return {key: _integral(item) for key, item in value.items()}
    return value


def _check_control_characters(text: str) -> None:
    """A raw control character makes a string malformed, unless an escape stands before it in the same string."""
    for match in _STRING.finditer(text):
        found = _CONTROL.search(match[1])
        escape = match[1].find("\\")
        if found and not -1 < escape < found.start():
            raise Malformed("a control character in a string")
