"""Unpacks a response body piece by piece, never more of it than there is room for."""

import zlib

from stack.clients.http_answer import StoppedError


class Identity:
    """A body that is not packed."""

    remark = ""
    """What to say beside a number of bytes."""

    def feed(self, raw: bytes | bytearray, room: int) -> list[bytes | bytearray]:
        """Return what `raw` unpacks to, at most one byte more than `room`."""
        return [raw if len(raw) <= room else raw[: room + 1]]

    def close(self) -> None:
        """Say that the body is complete; raises StoppedError where it cannot be."""


class Gunzip(Identity):
    """A body packed with gzip, which may have several members."""

    remark = ", unpacked"

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    def feed(self, raw: bytes | bytearray, room: int) -> list[bytes | bytearray]:
        """Return what `raw` unpacks to, at most one byte more than `room`; raises zlib.error."""
        found = list[bytes | bytearray]()
        while raw and room >= 0:
            if self._stream.eof:
                self._stream = zlib.decompressobj(wbits=31)
            chunk = self._stream.decompress(raw, room + 1)
            found.append(chunk)
            room -= len(chunk)
            raw = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return found

    def close(self) -> None:
        """Raise StoppedError where the data ends in the middle."""
        if not self._stream.eof:
            raise StoppedError("gzip", "Content-Encoding is gzip, but the gzip data ends too early")


def unpacker(content_encoding: str) -> Identity:
    """What unpacks a body with this Content-Encoding; raises StoppedError for one that Prometheus cannot read."""
    encoding = content_encoding.strip().lower()
    if encoding in ("", "identity"):
        return Identity()
    if encoding in ("gzip", "x-gzip"):
        return Gunzip()
    raise StoppedError("encoding", f"its encoding `{encoding}` was not requested and cannot be unpacked")
