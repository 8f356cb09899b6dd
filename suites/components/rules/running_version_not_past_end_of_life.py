"""The running version is not past its end of life.

The files may pin a supported release while the machine runs an older one.
"""

from collections.abc import Iterator

from stack.records.config.release import RunningRelease
from suites.components.helpers.end_of_life import past_end_of_life
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good("{name: grafana, version: 12.3.1, pinned: 13.1.1, today: 2026-11-24}"),
    Bad(
        "{name: grafana, version: 11.6.0, pinned: 13.1.1, today: 2026-11-24}",
        "the running grafana 11.6.0 is past its end of life, 2026-06-25",
    ),
    Unjudged(
        "{name: loki, version: 3.5.0, pinned: 3.6.15, today: 2026-11-24}",
        NotApplicable("no end of life of loki is known here"),
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/upgrade-guide/when-to-upgrade/",
)
def check(release: RunningRelease) -> Iterator[Finding]:
    if release.is_pinned:  # one cause, one finding
        raise NotApplicable("the pinned release runs, which `components/component-not-past-end-of-life` judges")
    yield from past_end_of_life(release.as_pinned, f"the running {release.name} {release.version}")
