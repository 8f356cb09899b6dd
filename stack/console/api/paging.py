"""Pages of lists that are complete in memory: in the order of a key, from which the next page goes on."""

from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

from fastapi import Query

T = TypeVar("T")
After = Annotated[str, Query(max_length=1000, description="`next` of the page before")]
USUAL = 1000
"""Entries of a page where the request names no limit."""


def page_of(items: Iterable[T], key: Callable[[T], str], after: str, limit: int) -> tuple[list[T], str | None]:
    """Return the entries behind `after`, and the key to go on behind; None where there are no more.

    A key and no number: entries that come and go between two requests neither hide others nor show them twice.
    """
    rest = sorted((each for each in items if key(each) > after), key=key)
    return rest[:limit], key(rest[limit - 1]) if len(rest) > limit else None
