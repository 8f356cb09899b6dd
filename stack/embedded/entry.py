"""The log entry on its way through the pipeline."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Entry:
    """One line with its labels, changed by each stage in turn. `timestamp_ns` counts from 1970.

    `line` holds bytes that are not UTF-8 as Python's `surrogateescape` does. `extracted` is the scratch space that
    stages share; its values are text, float, bool or None.
    """

    line: str
    timestamp_ns: int
    labels: dict[str, str]
    extracted: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The length of the line in bytes."""
        return len(self.line) if self.line.isascii() else len(self.line.encode("utf-8", "surrogateescape"))


def is_utf8(text: str) -> bool:
    """Whether `text` can be written as UTF-8, so it came from valid bytes."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)
