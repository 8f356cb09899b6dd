"""The lines of a body, cut in one pass into what stays the same between scrapes and what moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import count

_LABELS = rb'\{[^"}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"}]*+)*+\}'
SERIES = re.compile(rb"([^\s#{]++(?:" + _LABELS + rb")?|" + _LABELS + rb")[ \t]*+(\S*+)")
"""The part of a sample line before its value, and the value; linear: every alternative starts with another byte."""
_TAIL = re.compile(rb" ([-+.0-9IN][-+.0-9a-zA-Z]*+(?: [-+.0-9]++)?+)\n")
"""The end of an ordinary sample line: its value and timestamp."""
_PIECE = 1 << 20
_TYPE = re.compile(rb"^# TYPE ([^ \n]++) (\w++)$", re.MULTILINE)


class Lines:
    """A body cut into `heads` and what follows each but the last: a value with its timestamp, in `tails`.

    A head is a series as it is written, with the lines of metadata before it. Other bodies with the same heads have
    the same series in the same order: where the body is `like` another one in that, both have one list of heads.
    """

    def __init__(self, body: bytes, like: Lines | None = None) -> None:
        self.size, self.tails = len(body), list[bytes]()
        known: list[bytes] = like.heads if like is not None else []
        heads, end = list[bytes](), b""
        for piece in _pieces(body):  # what is not kept of one is memory for the next, and still in the cache
            parts = _TAIL.split(piece)
            *own, end = parts[::2]
            at = len(self.tails)
            if heads or own != known[at : at + len(own)]:
                heads = heads or known[:at]
                heads += own
            self.tails += parts[1::2]
        alike = not heads and known[len(self.tails) :] == [end]
        self.heads: list[bytes] = known if alike else [*(heads or known[: len(self.tails)]), end]

    @cached_property
    def values(self) -> dict[bytes, bytes]:
        """The value of each series, both as they are written."""
        return self._read[0]

    @cached_property
    def places(self) -> dict[bytes, int]:
        """Which of the `tails` is the value of a series; it is none of them where the line is unusual."""
        return self._read[1]

    @cached_property
    def types(self) -> dict[bytes, bytes]:
        """The type of each metric, both as they are written."""
        return {name: kind for head in self.heads if b"# TYPE " in head for name, kind in _TYPE.findall(head)}

    @cached_property
    def _read(self) -> tuple[dict[bytes, bytes], dict[bytes, int]]:
        if (all_series := self._ordinary()) is not None:
            stamped = b" " in b"".join(self.tails)
            tokens = [tail.partition(b" ")[0] for tail in self.tails] if stamped else self.tails
            return dict(zip(all_series, tokens, strict=True)), dict(zip(all_series, count(), strict=False))
        values, places = dict[bytes, bytes](), dict[bytes, int]()
        for place, (head, tail) in enumerate(zip(self.heads, [*self.tails, b""], strict=True)):
            *others, line = head.split(b"\n") if b"\n" in head else (head,)
            if b" " in line or b"\t" in line or line[:1] == b"#" or not tail:  # a blank in a label value, a comment
                others.append(b"%b %b" % (line, tail))
            else:
                values[line], places[line] = tail.partition(b" ")[0] if b" " in tail else tail, place
            for other in others:
                if other[:1] not in {b"", b"#"} and (found := SERIES.match(other)) is not None:
                    series, values[series] = found[1], found[2]
                    if series == line:
                        places[series] = place
                    else:
                        places.pop(series, None)
        return values, places

    def _ordinary(self) -> list[bytes] | None:
        """The series that each of the `tails` belongs to, where all other lines are comments; else None."""
        text = b"\n".join(self.heads)
        comments = text.count(b"\n#") + text.startswith(b"#")
        *series, end = [head.rpartition(b"\n")[2] for head in self.heads]
        if end or text.count(b"\n") + 1 - comments != len(self.heads):
            return None
        joined = b"\n".join(series)
        if joined.startswith(b"#") or b"\n#" in joined:
            return None
        if b" " in joined or b"\t" in joined:  # in label values, unless the line is odd
            blank = [line for line in series if b" " in line or b"\t" in line]
            if any((found := SERIES.match(line)) is None or found[1] != line for line in blank):
                return None
        return series


def _pieces(body: bytes) -> Iterator[bytes]:
    """The body in pieces of about a megabyte, each of which but the last ends with the end of a sample line."""
    start = 0
    while (found := _TAIL.search(body, start + _PIECE)) is not None:
        yield body[start : found.end()]
        start = found.end()
    yield body[start:]
