"""The configuration that owns each finding: the file and line where it is fixed, and the hash of that line.

A finding points at such a file itself (`where.file`), or its verdict names what configures its subject
(`configuration`, a path with the key behind `#`): the service's `service.yaml`, the target file, a dashboard.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from stack.text.yaml_text import ConfigError, read_yaml

_MAX_BYTES = 2_000_000
_REFERENCE = re.compile(r"(.*?)(?::(\d+))?(?:#(.*))?", re.DOTALL)
"""A file with its line, or with a key in it: `shop/service.yaml:12`, `stack/docker-compose.yml#services.loki`."""
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_BLOCK, _BASE, _MODULUS, _END = 100, 37, 1 << 64, 0xFFFF


def locate(verdicts: Iterable[Mapping[str, Any]], folders: Sequence[Path], base: Path) -> None:
    """Set `location` (`file`, `line`, `hash`) on the findings of these verdicts whose file is in one of `folders`.

    `file` is relative to `base`, the top of the checkout that a code scanning service displays, if it lies below.
    """
    read = cache(lambda name: _File.find(name, folders))
    for verdict in verdicts:
        for finding in verdict["findings"]:
            where = finding.get("where") or {}
            named, own = str(where.get("file") or ""), verdict.get("configuration") or ""
            for reference, line in ((named, where.get("line")), (own, None)):
                name, number, key = _REFERENCE.fullmatch(reference).groups()  # type: ignore[union-attr]  # always matches
                if name and (file := read(name)) is not None:
                    finding["location"] = file.at(line or number or file.line(key, verdict["area"]), base)
                    break


class _File:
    """One file that was found, with its lines read when they are first needed."""

    def __init__(self, path: Path, content: str) -> None:
        self.path = path
        self.content = content
        self._yaml: Any = None
        self._hashes: list[str] | None = None

    @classmethod
    def find(cls, name: str, folders: Sequence[Path]) -> "_File | None":
        """The file of this name below the first folder that has it, None if there is none or it is too big."""
        for folder in folders:
            try:
                path = (folder / name).resolve()
                if path.is_file() and path.stat().st_size <= _MAX_BYTES:
                    return cls(path, path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
        return None

    def line(self, key: str | None, area: str) -> int:
        """The line of a key such as `services.loki` or `panels[3]`; without one, of the key that `area` judges."""
        steps = [int(index) if index else name for index, name in _STEP.findall(key or "")] or [area]
        try:
            self._yaml = self._yaml or read_yaml(self.content)  # JSON is YAML, too
        except ConfigError:
            return 1
        return int(self._yaml.line(*steps) or 1)

    def at(self, line: object, base: Path) -> dict[str, Any]:
        """The location as it is in the report; `line` may be a text such as `12` or `12-14`."""
        digits = re.match(r"\d+", str(line))
        number = min(max(1, int(digits[0]) if digits else 1), self.content.count("\n") + 1)
        shown = self.path.relative_to(base) if self.path.is_relative_to(base) else self.path
        self._hashes = self._hashes or line_hashes(self.content)
        return {"file": shown.as_posix(), "line": number, "hash": self._hashes[number - 1]}


def line_hashes(content: str) -> list[str]:
    """The hash of each line as GitHub's upload of SARIF files computes it: `<hexadecimal>:<occurrence in the file>`.

    A polynomial over the 100 UTF-16 code units from the line's first that is no blank
    (https://github.com/github/codeql-action, src/fingerprints.ts).
    """
    normal = re.sub("[ \t]", "", content.replace("\r\n", "\n").replace("\r", "\n"))
    raw = normal.encode("utf-16-le", "surrogatepass")
    units = [raw[i] | raw[i + 1] << 8 for i in range(0, len(raw), 2)] + [_END] + [0] * _BLOCK
    starts = chain([0], (index + 1 for index, unit in enumerate(units[: -_BLOCK - 1]) if unit == ord("\n")))
    seen: dict[int, int] = {}
    hashes = []
    for start in starts:
        value = 0
        for unit in units[start : start + _BLOCK]:
            value = (value * _BASE + unit) % _MODULUS
        seen[value] = seen.get(value, 0) + 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes
