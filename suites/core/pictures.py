"""What a run gives its report to draw: pictures of pages, and timelines."""

import base64
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a subject in a window of `width` pixels; `failing` of its `parts` are marked in it.

    It is a JPEG of what a browser showed, or an SVG that this suite drew (`drawn`).
    """

    subject: str
    title: str
    width: int
    image: bytes
    parts: int = 0
    failing: int = 0
    drawn: bool = False

    def as_data(self) -> dict[str, object]:
        """As plain data in the shape of `schemas/report.schema.json`; the image as base64."""
        plain = {name: getattr(self, name) for name in ("subject", "title", "width", "parts", "failing")}
        return {**plain, "svg" if self.drawn else "jpeg": base64.b64encode(self.image).decode("ascii")}


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened after a `cause`, by events with their seconds after it; `missing` are those that did not come.

    `note` says under which conditions it was seen.
    """

    title: str
    cause: str
    events: tuple[tuple[str, float], ...]
    missing: tuple[str, ...] = ()
    note: str = ""

    def as_data(self) -> dict[str, object]:
        """As plain data in the shape of `schemas/report.schema.json`."""
        plain = {name: getattr(self, name) for name in ("title", "cause", "note")}
        return {**plain, "events": [list(one) for one in self.events], "missing": list(self.missing)}
