"""Ends of life, for the rule on the pinned releases and for the one on the running releases."""

from collections.abc import Iterator

from stack.components import COMPONENTS
from stack.records.config.release import PinnedRelease
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable, NotCollected


def past_end_of_life(release: PinnedRelease, called: str = "") -> Iterator[Finding]:
    """A finding where a release reached its end of life; it is `called` `promtail 3.6.15`, say."""
    if release.name not in COMPONENTS or not COMPONENTS[release.name].ends:
        raise NotApplicable(f"no end of life of {release.name} is known here")
    end = release.end_of_life
    if not end and not release.numbered:
        raise NotCollected(f"`{release.version}` names no release")
    if end and end.ended <= release.today:
        message = f"{called or f'{release.name} {release.version}'} is past its end of life, {end.ended.isoformat()}"
        where = Where(file=release.file, line=release.line, url=end.source)
        yield Finding(message, where, hint=f"move to {end.instead}")
