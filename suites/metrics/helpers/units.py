"""Units in metric names: base units, the base unit for each other unit, and abbreviations.

Source: https://prometheus.io/docs/practices/naming/#base-units, and promlint, which knows the same units.
"""

from collections.abc import Iterator
from typing import NamedTuple

BASE_UNITS = (
    "amperes",
    "bytes",
    "celsius",
    "grams",
    "joules",
    "kelvin",
    "meters",
    "metres",
    "seconds",
    "volts",
)
"""Both spellings of the metre are in use; kelvin is a base unit where temperatures are absolute."""

SUFFIX_UNITS = (*BASE_UNITS, "ratio")
"""The units that a metric name ends with. `ratio` is judged as a suffix only: within a name it is a plain word."""

OTHER_UNITS = {
    "minutes": "seconds",
    "hours": "seconds",
    "days": "seconds",
    "weeks": "seconds",
    "kelvins": "kelvin",
    "fahrenheit": "celsius",
    "rankine": "celsius",
    "inches": "meters",
    "yards": "meters",
    "miles": "meters",
    "bits": "bytes",
    "calories": "joules",
    "pounds": "grams",
    "ounces": "grams",
}

PREFIXES = {
    "pico": "1e-12",
    "nano": "1e-9",
    "micro": "1e-6",
    "milli": "0.001",
    "centi": "0.01",
    "deci": "0.1",
    "deca": "10",
    "hecto": "100",
    "kilo": "1000",
    "mega": "1e6",
    "giga": "1e9",
    "tera": "1e12",
    "peta": "1e15",
    "kibi": "1024",
    "mebi": "1048576",
    "gibi": "1024**3",
    "tebi": "1024**4",
    "pebi": "1024**5",
}
"""What a value in the prefixed unit is multiplied by to be in the unit itself."""

ABBREVIATIONS = frozenset({"s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"})

FACTORS = {
    "minutes": "60",
    "hours": "3600",
    "days": "86400",
    "weeks": "604800",
    "bits": "1/8",
    "inches": "0.0254",
    "yards": "0.9144",
    "miles": "1609.344",
    "calories": "4.184",
    "pounds": "453.59237",
    "ounces": "28.349523",
    "kelvins": "1",
}
"""What a value in that unit is multiplied by to be in its base unit; temperatures of other scales need more."""


class UnitInName(NamedTuple):
    """A unit found in a metric name, the base unit for it, and the factor between them where there is one."""

    unit: str
    base: str
    factor: str | None


def _units() -> Iterator[UnitInName]:
    """Every unit, with and without prefix."""
    for prefix, times in {"": "", **PREFIXES}.items():
        for unit in BASE_UNITS:
            yield UnitInName(prefix + unit, unit, times or "1")
        for unit, base in OTHER_UNITS.items():
            factor = FACTORS.get(unit)
            yield UnitInName(prefix + unit, base, f"{times}*{factor}" if times and factor else factor)


UNITS = {found.unit: found for found in _units()}
"""Every unit by the word for it."""

NOT_BASE = UNITS.keys() - BASE_UNITS


def unit_in(name: str) -> UnitInName | None:
    """The first word of a metric name that is a unit, with or without prefix."""
    return next((UNITS[word] for word in name.split("_") if word in UNITS), None)
