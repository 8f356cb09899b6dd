"""Ends of life, for the rule on the pinned releases and for the one on the running releases."""

from collections.abc import Iterator
from datetime import date

from stack.component_info import EndOfLife
from suites.core.finding import Finding, Where


def past_end_of_life(
    release: str, end: EndOfLife | None, today: date, file: str | None = None, line: int | None = None
) -> Iterator[Finding]:
    """A finding where `release`, such as `promtail 3.6.15`, reached its end of life by `today`."""
    if end and end.ended <= today:
        message = f"{release} is past its end of life, {end.ended.isoformat()}"
        yield Finding(message, Where(file=file, line=line, url=end.source), hint=f"move to {end.instead}")
