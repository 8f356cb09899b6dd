"""A finding: one thing that is wrong, where it is, and how to fix it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Where:
    """The place a finding points at; every part is optional and only what is known is shown.

    `line` counts from 1. `excerpt` is raw text from the service: reports escape, mask and cut it.
    """

    file: str | None = None
    line: int | None = None
    series: str | None = None
    panel: str | None = None
    url: str | None = None
    excerpt: str | None = None

    def as_data(self) -> dict[str, str | int]:
        """The known parts as plain data, in the shape of `schemas/finding.schema.json`."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in parts.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong (`message`), where, and how to fix it (`hint`)."""

    message: str
    where: Where = field(default_factory=Where)
    hint: str | None = None

    def without(self, prefix: str) -> Finding:
        """The same finding with `prefix` taken out of its texts."""
        known = self.where.as_data()
        place = {name: part.replace(prefix, "") if isinstance(part, str) else part for name, part in known.items()}
        hint = self.hint and self.hint.replace(prefix, "")
        return Finding(self.message.replace(prefix, ""), Where(**place), hint)  # type: ignore[arg-type]  # as they were

    def as_data(self) -> dict[str, object]:
        """The finding as plain data, in the shape of `schemas/finding.schema.json`."""
        return {"message": self.message, "where": self.where.as_data(), "hint": self.hint}
