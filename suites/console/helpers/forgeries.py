"""Which forged requests a console took for genuine ones."""

from collections.abc import Iterator, Sequence

from stack.records.console.requests import ConsoleForgeries, Forgery
from suites.core.rule import NotApplicable, NotCollected

REFUSED = frozenset({401, 403, 405, 415, 421})
"""How a forged request may be refused. The genuine change is about what does not exist: 404 means that it passed."""


def accepted(forgeries: ConsoleForgeries, sent: Sequence[Forgery]) -> Iterator[Forgery]:
    """Yield the requests of `sent` that were answered as if they were genuine.

    Raises:
        NotApplicable: no such request was sent.
        NotCollected: the genuine requests were refused too, so that a refusal shows nothing; or forged ones met 429.

    """
    if not sent:
        raise NotApplicable("no such request was sent")
    refused = [one for one in forgeries.genuine if one.status in REFUSED]
    if refused or not forgeries.genuine:
        why = f": {refused[0].what} is answered with {refused[0].status}" if refused else ""
        raise NotCollected(f"the requests were refused without any forgery as well{why}")
    for one in sent:
        if one.status not in (429, *REFUSED):
            yield one
    if limited := sum(one.status == 429 for one in sent):
        raise NotCollected(
            f"{limited} of {len(sent)} forged requests are answered with 429, which is about their number"
        )
