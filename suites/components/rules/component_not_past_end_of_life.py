"""No component is past its end of life.

After that day it gets no more fixes, not even for security holes.
"""

from collections.abc import Iterator

from stack.records.config.release import PinnedRelease
from suites.components.helpers.end_of_life import past_end_of_life
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{name: promtail, version: 3.6.15, today: 2026-03-01}"),
    Good("{name: prometheus, version: 3.13.5, today: 2026-11-24}"),
    Bad(
        "{name: promtail, version: 3.6.15, today: 2026-11-24}",
        "promtail 3.6.15 is past its end of life, 2026-03-02",
    ),
    Bad(
        "{name: prometheus, version: v3.5.1, today: 2026-11-24}",
        "prometheus v3.5.1 is past its end of life, 2026-07-31",
    ),
    Unjudged("{name: loki, version: 3.6.15, today: 2026-11-24}", NotApplicable("no end of life of loki is known here")),
    Unjudged("{name: prometheus, version: latest, today: 2026-11-24}", NotCollected("`latest` names no release")),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/",
)
def check(release: PinnedRelease) -> Iterator[Finding]:
    yield from past_end_of_life(release)
