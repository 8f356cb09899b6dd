"""Services that write numbered lines to log files as fast as they are told to, and rotate them."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

FILLER = "a request of ordinary length was answered; this text stands for its fields and headers " * 2


@dataclass
class Writer:
    """One service that writes `count` lines at `rate` lines per second to `path`, each with its own time.

    `rotate` makes it move its file away and go on in a new one, as logrotate's `create` and most libraries do.
    """

    service: str
    path: Path
    count: int
    rate: float
    written: int = 0
    rotations: int = 0
    rotate: threading.Event = field(default_factory=threading.Event)
    _last_ns: int = 0

    def run(self) -> None:
        """Write all lines."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        stream = self.path.open("a", encoding="utf-8")
        while self.written < self.count:
            due = min(self.count, int((time.monotonic() - begun) * self.rate) + 1)
            stream.write("".join(self._line(number) for number in range(self.written, due)))
            stream.flush()
            self.written = max(self.written, due)
            if self.rotate.is_set():
                stream.close()
                self.rotations += 1
                self.path.rename(self.path.with_name(f"{self.path.name}.{self.rotations}"))
                stream = self.path.open("a", encoding="utf-8")
                self.rotate.clear()
            time.sleep(0.02)
        stream.close()

    def _line(self, number: int) -> str:
        """A line as zap writes it; the times of one service rise, whatever the clock's resolution."""
        self._last_ns = max(self._last_ns + 1000, time.time_ns() // 1000 * 1000)
        seconds, rest = divmod(self._last_ns, 10**9)
        line = {"level": "info", "msg": FILLER, "service": self.service, "number": number}
        return f'{{"ts":{seconds}.{rest // 1000:06d},{json.dumps(line)[1:]}\n'
