"""Levels: the literals that libraries write, and the six names by which lines are compared and labelled.

Sources: the levels of the libraries in `schemas/logs/`, https://opentelemetry.io/docs/specs/otel/logs/data-model/#appendix-b-severitynumber-example-mappings
"""

import re
from collections.abc import Mapping

_LITERALS = {
    "trace": "trc trce verbose vrb silly finest finer t v",
    "debug": "dbg dbug fine config http d",
    "info": "information informational inf notice success i",
    "warning": "warn wrn w",
    "error": "err eror severe exception fail e",
    "critical": "crit fatal ftl panic pnc dpanic alert emerg emergency c f",
}

LEVELS: Mapping[str, str] = {
    literal: name for name, literals in _LITERALS.items() for literal in (name, *literals.split())
}
"""Literal levels, in lower case, and the name that each is compared by; both agents label by the same table."""

NAMES = tuple(_LITERALS)
"""The six names, from harmless to severe."""

_OFFSET = re.compile(r"[+-][0-9]{1,3}\Z")


def level_of(literal: object, values: Mapping[str, str] = LEVELS) -> str | None:
    """One of `NAMES` for a level as a line writes it, in any case; `None` for one that `values` do not have.

    The distance that Go's `log/slog` appends counts for nothing: `INFO+2` is info.
    """
    if isinstance(literal, str):
        text = literal.lower()
        return values.get(text) or values.get(_OFFSET.sub("", text))
    if isinstance(literal, int | float) and not isinstance(literal, bool):
        return values.get(f"{literal:g}")
    return None
