"""Which preset lines look like, for the finding that rejects the declared format."""

from collections import Counter
from itertools import islice

from stack.records.logs.format import FORMATS, LogFormat, fit, lookup
from stack.records.logs.line import read_object
from stack.records.logs.stream import LogStream
from stack.records.logs.text_lines import READERS
from stack.records.logs.time_stamps import UNITS, epoch_ns
from suites.logs.helpers.validate import validator

SAMPLED = 200
"""Lines that are looked at: enough to know a format by."""

_LIKELY = 8
"""The fit of a line that has its time, level and message where a format has them."""


def looks_like(stream: LogStream) -> str:
    """A sentence with the presets that most lines look like; empty where these are none, or the declared one.

    Use it as `stream.derived(looks_like)`.
    """
    counts: Counter[str] = Counter()
    units: dict[str, str] = {}
    readable = 0
    for line in islice(stream.raw_lines, SAMPLED):
        value, _ = read_object(line)
        text = line.raw.decode("utf-8", "replace")
        if value is not None:
            for name in _presets(value):
                counts[name] += 1
                units.setdefault(name, _unit(value, FORMATS[name]))
            readable += 1
        for syntax, reader in READERS.items() if value is None else ():
            if (pairs := reader(text)) is not None and lookup(pairs, FORMATS[syntax].level) is not None:
                counts[syntax] += 1
                readable += 1
    most = max(counts.values(), default=0)
    names = [name for name, times in counts.items() if times == most]
    declared = stream.format.name if stream.format else ""
    if most * 2 < readable or declared in names or not names:
        return ""
    unit = units.get(names[0])
    wanted = f"{{preset: {names[0]}, time: {{unit: {unit}}}}}" if unit else names[0]
    return f"these look like {' or '.join(names[:4])}: write `format: {wanted}` under `logs` in `service.yaml`"


def _unit(value: dict[str, object], form: LogFormat) -> str:
    """The unit of the time of a line, where it is a number in another one than the preset's."""
    time = lookup(value, form.time)
    own = epoch_ns(int(time)) if isinstance(time, int | float) else None
    if own is None or form.unit_ns is None:
        return ""
    return next((unit for unit, ns in UNITS.items() if ns != form.unit_ns and abs(time * ns / own - 1) < 1e-6), "")


def _presets(value: dict[str, object]) -> list[str]:
    """The presets that fit an object best, if they fit at all."""
    fits = {form.name: fit(value, form) for form in _json() if validator(form).valid(value)}
    best = max(fits.values(), default=0)
    return [name for name, score in fits.items() if score == best >= _LIKELY]


def _json() -> list[LogFormat]:
    return [form for form in FORMATS.values() if form.lines == "json"]
