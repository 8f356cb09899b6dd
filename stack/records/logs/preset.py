"""The preset that the lines of a service are written in, judged by most of them."""

from collections import Counter
from collections.abc import Iterable

from stack.records.logs.format import FORMATS, detect, fit, lookup
from stack.records.logs.line import RawLine, read_object
from stack.records.logs.text_lines import READERS

_LIKELY = 8
"""The fit of a line that has its time and level where a format has them."""


def preset_of(lines: Iterable[str]) -> str:
    """The name of a preset; `none` for plain text, empty where most lines are in none or there are no lines."""
    counts = Counter(_preset(line) for line in lines)
    name, most = counts.most_common(1)[0] if counts else ("", 0)
    return name if most * 2 > counts.total() else ""


def _preset(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    value, _ = read_object(RawLine(raw, 1, None, len(raw), ended=True))
    if value is not None:
        form = detect(value)
        return form.name if fit(value, form) >= _LIKELY else ""
    for syntax, reader in READERS.items():
        if (fields := reader(text)) is not None and lookup(fields, FORMATS[syntax].level) is not None:
            return syntax
    return "" if text.lstrip().startswith("{") else "none"
