"""Many small cases in one test: as a test of its own, a case of a millisecond costs pytest and pytest-xdist five."""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def check_each(cases: Mapping[str, T], check: Callable[[T], None]) -> None:
    """Check all cases, and fail with every error, each with the name of its case."""
    errors = []
    for name, value in cases.items():
        try:
            check(value)
        except Exception as error:  # noqa: BLE001  # all are raised below
            error.add_note(f"in the case: {name}")
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(cases)} cases fail", errors)


def each_of(cases: Mapping[str, T]) -> Callable[[Callable[[T], None]], Callable[[], None]]:
    """Make one test of a function that checks a case, in place of `pytest.mark.parametrize`."""
    return lambda check: lambda: check_each(cases, check)
