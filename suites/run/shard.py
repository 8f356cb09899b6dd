"""A part of a run: `--shard 2/8` judges every eighth service, from the second on; the first one also judges the stack.

What shards of one run have in common goes into their reports, so that only these are merged (`reports/merge.py`).
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.service import Service

ROOT = Path(__file__).resolve().parents[2]
CODE = ("suites", "stack", "fixtures", "reports", "schemas")
KINDS = frozenset({".py", ".yaml", ".yml", ".json", ".j2"})
NO_CODE = frozenset({"__pycache__", "node_modules", "web", "out"})
"""Folders that hold what was built or written, or the console's pages, which judge nothing."""
OPTIONS = (
    *("stack", "agent", "fail_on", "no_retention_trial", "budget", "service", "service_url", "service_log"),
    *("keyword", "markexpr", "lf", "deselect", "ignore", "ignore_glob"),
)
"""What decides which verdicts there are, with the names of pytest's config."""
CI_RUNS = ("GITHUB_RUN_ID", "CI_PIPELINE_ID", "BUILD_TAG")
"""Where GitHub, GitLab and Jenkins name the run that their jobs belong to."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Shard `number` of `of`, counted from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `2/8`; raises UsageError for anything else."""
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise pytest.UsageError(f"--shard {text!r}: expected NUMBER/OF, from 1/8 to 8/8 for eight shards")
        return cls(int(found[1]), int(found[2]))

    @property
    def has_stack(self) -> bool:
        """Whether what belongs to no single service is judged here."""
        return self.number == 1

    def share(self, services: Sequence[Service]) -> tuple[Service, ...]:
        """The services of this shard, in the order of `services`; which they are depends on the names alone.

        Raises:
            pytest.UsageError: there are fewer services than shards.

        """
        if len(services) < self.of:
            raise pytest.UsageError(f"--shard {self.number}/{self.of}: the run has {len(services)} services, no more")
        names = frozenset(sorted(service.name for service in services)[self.number - 1 :: self.of])
        return tuple(service for service in services if service.name in names)

    def described(
        self, config: pytest.Config, names: Sequence[str], every: Sequence[str], inputs: dict[str, Path | None]
    ) -> dict[str, Any]:
        """What the report says of this shard: the services `names`, and what all shards of `every` service share.

        `inputs` are the files and folders that the run was given.
        """
        chosen = {name: getattr(config.option, name, None) for name in OPTIONS}
        paths = [os.path.relpath(config.invocation_params.dir / path, ROOT) for path in map(str, config.args)]
        options = [f"--{name.replace('_', '-')} {value}" for name, value in chosen.items() if value]
        return {
            "number": self.number,
            "of": self.of,
            "services": sorted(names),
            "same": {
                "commit": _digest(ROOT, _code()),
                "options": " ".join([*options, *paths]),
                "services": _hash(every),
                **{name: _digest(path, _files(path)) if path else "" for name, path in inputs.items()},
                "ci_run": next((os.environ[name] for name in CI_RUNS if os.environ.get(name)), ""),
            },
        }


def _code() -> Iterable[Path]:
    for top in CODE:
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = [name for name in folders if name not in NO_CODE]
            yield from (Path(folder, name) for name in files if Path(name).suffix in KINDS)


def _files(path: Path) -> Iterable[Path]:
    return [path] if path.is_file() else path.rglob("service.yaml")


def _digest(top: Path, files: Iterable[Path]) -> str:
    """The content of files, and where they are below `top`."""
    return _hash(f"{os.path.relpath(file, top)} {_hash([file.read_bytes()])}" for file in sorted(files))


def _hash(parts: Iterable[str | bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else f"{part}\n".encode())
    return found.hexdigest()[:12]
