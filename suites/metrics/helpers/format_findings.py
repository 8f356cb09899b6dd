"""Turns what the exposition parser saw into findings: what the wire-format rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stack.records.exposition.model import Exposition, Violation
from suites.core.finding import Finding, Where


def findings(
    exposition: Exposition,
    code: str,
    message: Callable[[Violation], str],
    *,
    hint: str | Callable[[Violation], str],
    series: bool = False,
) -> Iterator[Finding]:
    """One finding per violation of `code`, that is per thing to mend, each with how often it was seen.

    With `series`, the first detail of the violations is the series they are about. Where more distinct things are
    wrong than the exposition keeps, the last finding says how many.
    """
    kept = exposition.violations(code)
    for seen in kept:
        where = Where(
            line=seen.line or None,
            series=seen.detail[0] if series and seen.detail else None,
            excerpt=seen.excerpt or None,
        )
        yield Finding(message(seen) + _often(seen), where, hint if isinstance(hint, str) else hint(seen))
    more = exposition.violation_counts.get(code, 0) - sum(seen.times for seen in kept)
    if more > 0:
        yield Finding(f"and {more} more of the same kind", hint="mend those above first, then look again")


def _often(seen: Violation) -> str:
    if seen.times == 1:
        return ""
    return f" ({seen.times} times{f', first at line {seen.line}' if seen.line else ''})"


def media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """The media type of a Content-Type header, in small letters, and its parameters without their quotes."""
    name, *parts = content_type.split(";")
    pairs = (part.partition("=") for part in parts if part.strip())
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
