"""No component is past its end of life.

From that day on nobody publishes fixes for it, security holes included.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.release import PinnedRelease
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{name: promtail, version: 3.6.15, today: 2026-03-01}"),
    Good("{name: loki, version: 3.6.15, today: 2026-11-24}"),
    Good("{name: prometheus, version: 3.13.5, today: 2026-11-24}"),
    Bad(
        "{name: promtail, version: 3.6.15, today: 2026-11-24}",
        "promtail 3.6.15 is past its end of life, 2026-03-02",
    ),
    Bad(
        "{name: prometheus, version: v3.5.1, today: 2026-11-24}",
        "prometheus v3.5.1 is past its end of life, 2026-07-31",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/",
)
def check(release: PinnedRelease) -> Iterator[Finding]:
    row = release.end_of_life
    if row and row.ended <= release.today:
        yield Finding(
            f"{release.name} {release.version} is past its end of life, {row.ended.isoformat()}",
            Where(file=release.file, line=release.line, url=row.source),
            hint=f"move to {row.instead}",
        )
