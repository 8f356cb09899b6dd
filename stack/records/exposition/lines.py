"""The lines of a body, cut in one pass into what stays the same between scrapes and what moves."""

import re
from functools import cached_property

_LABELS = rb'\{[^"}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"}]*+)*+\}'
SERIES = re.compile(rb"([^\s#{]++(?:" + _LABELS + rb")?|" + _LABELS + rb")[ \t]*+(\S*+)")
"""The part of a sample line before its value, and the value; linear: every alternative starts with another byte."""
_TAIL = re.compile(rb" ([-+.0-9IN][-+.0-9a-zA-Z]*+(?: [-+.0-9]++)?+)\n")
"""The end of an ordinary sample line: its value and timestamp."""
_TYPE = re.compile(rb"^# TYPE ([^ \n]++) (\w++)$", re.MULTILINE)


class Lines:
    """A body cut into `heads` and what follows each but the last: a value with its timestamp, in `tails`.

    A head is a series as it is written, with the lines of metadata before it. Other bodies with the same heads have
    the same series in the same order.
    """

    def __init__(self, body: bytes) -> None:
        parts = _TAIL.split(body)
        self.size, self.heads, self.tails = len(body), parts[::2], parts[1::2]

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
