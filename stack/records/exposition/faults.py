"""Collects what the parser sees, one violation per thing to mend, bounded however broken the body is."""

from __future__ import annotations

from stack.records.exposition.model import MAX_VIOLATIONS, Violation

EXCERPT = 200
"""So many characters of a line are kept as evidence."""


class Violations:
    """The violations of one exposition, grouped by code and by the thing to mend."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, ...], Violation]] = {}
        self.counts: dict[str, int] = {}

    def report(
        self, code: str, line: int, *what: str, detail: tuple[str, ...] = (), excerpt: str = "", times: int = 1
    ) -> None:
        """Note one more violation of `code`; only the first of each `what` keeps its line, detail and excerpt."""
        self.counts[code] = self.counts.get(code, 0) + times
        of_code = self._found.setdefault(code, {})
        known = of_code.get(what)
        if known is not None:
            of_code[what] = known._replace(times=known.times + times)
        elif len(of_code) < MAX_VIOLATIONS:
            of_code[what] = Violation(code, line, what, times, detail, excerpt[:EXCERPT])

    def by_code(self) -> dict[str, tuple[Violation, ...]]:
        """Everything found, per code in line order."""
        return {code: tuple(sorted(found.values(), key=lambda each: each.line)) for code, found in self._found.items()}
