"""Settings that are not in the compose file, for the rules on what a service must not have."""

from collections.abc import Iterable

from stack.records.config.compose import ComposeService
from suites.core.rule import NotCollected


def nothing_unread(service: ComposeService, more: Iterable[str] = ()) -> None:
    """Raise NotCollected where settings of the service, or those of `more`, come from a file that is not read."""
    if unread := [*service.unread, *more]:
        named = ", ".join(f"`{name}`" for name in unread)
        raise NotCollected(f"settings of `{service.name}` come from {named}, which is not read")
