"""The running version is the one that the stack's files pin.

The pinned release is the one that was tested. Another one may have other defaults, limits and bugs, and every live
verdict of this run is about that other one.
"""

from collections.abc import Iterator

from stack.records.config.release import RunningRelease
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{name: loki, version: 3.6.15, pinned: 3.6.15, today: 2026-11-24}"),
    Good("{name: redis-exporter, version: 1.89.0, pinned: v1.89.0-alpine, today: 2026-11-24}"),
    Bad(
        "{name: redis, version: 7.0.15, pinned: 8.10.2, today: 2026-11-24, source: PATH}",
        "redis runs 7.0.15 (from PATH), and the stack's files pin 8.10.2",
    ),
    level=Level.SHOULD,
    source="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
def check(release: RunningRelease) -> Iterator[Finding]:
    if not release.pinned:
        raise NotApplicable("the files of this stack pin no release of it")
    if not release.is_pinned:
        found = f" (from {release.source})" if release.source else ""
        yield Finding(
            f"{release.name} runs {release.version}{found}, and the stack's files pin {release.pinned}",
            hint=f"run {release.name} {release.pinned}, or pin the release that you run, here and in the deployment",
        )
