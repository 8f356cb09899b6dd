"""One metrics endpoint, asked again and again: what fails only sometimes is told from what fails when asked so."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stack.clients.http import Fetched, crowded, fetch
from stack.records.exposition.again import lines_read, places_of_counters
from stack.records.exposition.exposition import Exposition
from stack.records.exposition.lines import Lines
from stack.records.scrape.negotiation import ANYTHING, OPENMETRICS_ANY, PROMETHEUS_3, TEXT
from stack.records.scrape.repeats import Repeats, differing
from stack.records.scrape.scrape import ConcurrentScrapes, Scrape

CONCURRENT = 5
QUICK_S = 0.5
"""From here on the ways of asking are tried at the same time, so that a slow service does not cost a multiple."""
REPEATS = 2
"""How often what fails is asked again, with plain scrapes before each to compare with."""


@dataclass
class Endpoint:
    """A metrics endpoint, and all scrapes that were made of it.

    `explained` are failed ones that a rule of their own reports: on negotiation, or on concurrent scrapes.
    """

    url: str
    timeout_s: float
    max_bytes: int
    made: list[Scrape] = field(default_factory=list)
    explained: list[Scrape] = field(default_factory=list)

    async def get(self, accept: str = PROMETHEUS_3, encoding: str = "identity") -> Fetched:
        """Scrape once."""
        found = await fetch(self.url, accept, encoding, self.timeout_s, self.max_bytes)
        self.made.append(found.scrape)
        return found

    async def get_once_more(self, encoding: str) -> Fetched:
        """Scrape; where that fails, give the answer of the next scrape if it is one."""
        found = await self.get(encoding=encoding)
        if _may_pass(found.scrape):
            again = await self.get(encoding=encoding)
            return again if again.scrape.ok else found
        return found

    async def asked_for(self, accept: str) -> Fetched | None:
        """The answer to one `Accept`; None where the endpoint fails just as well when it is asked as usual."""
        found = await self.get(accept)
        tried = [found.scrape]
        for number in range(REPEATS if _may_pass(found.scrape) else 0):
            # One more each time: the failures of every second scrape must not all fall on this `Accept`.
            usual = [(await self.get()).scrape for _ in range(number + 1)]
            again = await self.get(accept)
            if again.scrape.ok:
                return again
            if any(map(_failed, usual)):
                return None
            tried.append(again.scrape)
        self.explained += tried
        return found

    def unsteady(self) -> tuple[Scrape, ...]:
        """The scrapes that failed for no reason in how they were made, one of each kind, with how many there were."""
        failed = [scrape for scrape in self.made if _failed(scrape) and scrape not in self.explained]
        if crowded(self.url):  # what is too slow only once may be so for our other requests to that host
            failed = [scrape for scrape in failed if scrape.error_kind != "timeout"]
        kinds = Counter((scrape.status, scrape.error_kind) for scrape in failed)
        first = {(scrape.status, scrape.error_kind): scrape for scrape in reversed(failed)}
        return tuple(
            replace(first[kind], share=f"in {count} of {len(self.made)} scrapes") for kind, count in kinds.items()
        )


@dataclass(frozen=True)
class Probed:
    """The answers to other ways of asking, the scrapes at the same time, and what all of them show together."""

    text: Fetched | None
    answers: tuple[Fetched, ...]
    concurrent: ConcurrentScrapes
    repeats: Repeats


async def probe(endpoint: Endpoint, earlier: Fetched, exposition: Exposition) -> Probed:
    """Ask in other ways, then several times at once; `exposition` is what the `earlier` answer says."""
    # First the ways of asking, then the crowd: a service that breaks under several scrapes must not spoil the others.
    ways = [endpoint.asked_for(accept) for accept in (TEXT, OPENMETRICS_ANY, ANYTHING)]
    asked = [await way for way in ways] if earlier.scrape.elapsed_s < QUICK_S else await asyncio.gather(*ways)
    answers = tuple(answer for answer in asked if answer is not None)
    unsteady = bool(endpoint.unsteady())
    crowd = await asyncio.gather(*(endpoint.get() for _ in range(CONCURRENT)))
    failed = [fetched.scrape for fetched in crowd if _failed(fetched.scrape)]
    if failed and not await _fails_only_in_a_crowd(endpoint, failed, unsteady=unsteady):
        crowd = [fetched for fetched in crowd if not _failed(fetched.scrape)]
    # What is wrong with these is their Content-Type or encoding.
    headed = [fetched for fetched in crowd if fetched.scrape.is_html or fetched.scrape.error_kind == "encoding"]
    crowd = [fetched for fetched in crowd if fetched not in headed]
    known = lines_read(exposition)
    first = known or Lines(earlier.body)

    def lines_of(fetched: Fetched) -> Lines:
        return first if fetched.body == earlier.body else Lines(fetched.body, first)

    lines = [lines_of(fetched) for fetched in crowd]
    series: Sequence[frozenset[bytes]] = differing(lines)
    if any(series):  # what begins or ends just then, such as a device, is no disagreement
        again = await endpoint.get()
        *series, before, now = differing([*lines, first, lines_of(again)])
        lasting = before & now
        series = [each & lasting for each in series] if again.scrape.ok else series
    repeats = Repeats(first, places=places_of_counters(exposition)) if known else Repeats(first, counters(exposition))
    repeats.add([lines_of(answer) for answer in answers if _alike(earlier, answer)])
    repeats.add([each for fetched, each in zip(crowd, lines, strict=True) if _alike(earlier, fetched)])
    concurrent = ConcurrentScrapes(tuple(fetched.scrape for fetched in crowd), tuple(series))
    return Probed(asked[0], (*answers, *headed), concurrent, repeats)


async def _fails_only_in_a_crowd(endpoint: Endpoint, failed: Sequence[Scrape], *, unsteady: bool) -> bool:
    """Whether a second crowd fails as the first did, and scrapes one after the other do not.

    `failed` are those of the first crowd; `unsteady`: some scrapes before it failed. Where an endpoint answers one
    client at a time, nearly all of each crowd fail, and a lone scrape does when one of Prometheus is under way.
    """
    in_turn = len(failed) >= CONCURRENT - 1
    if unsteady and not in_turn:
        return False
    crowd = [found.scrape for found in await asyncio.gather(*(endpoint.get() for _ in range(CONCURRENT)))]
    again = [scrape for scrape in crowd if _failed(scrape)]
    alone = [(await endpoint.get()).scrape for _ in range(CONCURRENT)]
    lone_failures = sum(map(_failed, alone))
    if in_turn and len(again) >= CONCURRENT - 1 and lone_failures <= CONCURRENT // 2:
        endpoint.explained += [scrape for scrape in endpoint.made if _failed(scrape)]
        return True
    if again and not lone_failures and not unsteady:
        endpoint.explained += [*failed, *again]
        return True
    return False


def counters(exposition: Exposition) -> frozenset[str]:
    """The names of the samples that only grow."""
    return frozenset(family.exposed_name for family in exposition.families if family.type == "counter")


def _alike(earlier: Fetched, other: Fetched) -> bool:
    """It is an answer in the same format."""
    return other.scrape.ok and other.scrape.content_type == earlier.scrape.content_type


def _failed(scrape: Scrape) -> bool:
    """There is no answer, for another reason than the encoding, which a rule of its own reports."""
    return scrape.error_kind != "encoding" and not scrape.ok


def _may_pass(scrape: Scrape) -> bool:
    """It failed at once, so trying again costs little."""
    return _failed(scrape) and scrape.error_kind not in ("timeout", "too-large")
