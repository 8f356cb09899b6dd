"""Promtail's stand-in: reads log files as the agent's own configuration says and hands the lines to the log store.

It reads when it is asked to, not in the background: `catch_up` takes every complete line that is new since last time.
"""

import contextlib
import glob
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stack.embedded.config import read_config
from stack.embedded.entry import Entry
from stack.embedded.log_store import LogStore
from stack.embedded.pipeline import Pipeline
from stack.embedded.refusal import ConfigError, NotSimulated

_KEYS = frozenset({"server", "positions", "target_config", "clients", "scrape_configs"})
_CLIENT_KEYS = frozenset({"url", "batchwait", "batchsize", "backoff_config"})
_JOB_KEYS = frozenset({"job_name", "static_configs", "pipeline_stages", "docker_sd_configs", "relabel_configs"})
PUSH_PATH = "/loki/api/v1/push"
"""Where Loki takes lines: at another path it takes none, or with other rules."""
_LAST_NS = 253402300800 * 1_000_000_000
_FIRST_NS = -62135596800 * 1_000_000_000


@dataclass
class Job:
    """A scrape job that reads files: globs with their labels, and the pipeline.

    `positions` is by glob and path how far which file (its inode) was read.
    """

    name: str
    targets: list[tuple[str, dict[str, str]]]
    pipeline: Pipeline
    positions: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


class Agent:
    """The agent. `unread` names the jobs that need something the stand-in has not (a Docker engine).

    `read` counts the lines that were read, by file.
    """

    def __init__(self, config: Path, environment: Mapping[str, str], store: LogStore) -> None:
        self.store = store
        self.unread: list[str] = []
        self.read: Counter[str] = Counter()
        loaded = read_config(config.read_text(encoding="utf-8"), environment, config.name)
        _check(loaded, _KEYS, config.name)
        clients = loaded.get("clients") or []
        if len(clients) != 1:
            raise NotSimulated(f"{config.name}: anything but one entry in `clients`")
        _check(clients[0], _CLIENT_KEYS, f"{config.name}: clients[0]")
        if urlsplit(str(clients[0].get("url", ""))).path != PUSH_PATH:
            raise NotSimulated(f"{config.name}: clients[0].url: any other path than `{PUSH_PATH}`")
        self.jobs = [
            job
            for number, written in enumerate(loaded.get("scrape_configs") or [])
            if (job := self._job(written, f"{config.name}: scrape_configs[{number}]")) is not None
        ]

    def catch_up(self) -> int:
        """Deliver every complete line that is new in any file; return how many lines were read."""
        count = 0
        for job in self.jobs:
            for pattern, labels in job.targets:
                for path, inode, size_now in _files(pattern):
                    position = job.positions.get((pattern, path), (inode, 0))
                    if position == (inode, size_now):
                        continue
                    if position[0] != inode:  # renamed since: its rest comes first, as the agent still has it open
                        for renamed in _with_inode(Path(path).parent, position[0]):
                            count += self._read(job, path, labels, renamed, position)[0]
                        position = (inode, 0)
                    lines, end = self._read(job, path, labels, path, position)
                    job.positions[pattern, path] = (inode, end)
                    count += lines
        return count

    def _read(
        self, job: Job, path: str, labels: Mapping[str, str], file: str, position: tuple[int, int]
    ) -> tuple[int, int]:
        """Deliver what is new in `file` as lines of `path`; return how many they are, and where the rest begins."""
        count, rest = 0, position[1]
        for line, end in _new_lines(file, position[1]):
            count, rest = count + 1, end
            self._deliver(job, path, labels, line)
        self.read[path] += count
        return count, rest

    def _deliver(self, job: Job, path: str, labels: Mapping[str, str], line: bytes) -> None:
        text = line.decode("utf-8", "surrogateescape")
        entry = Entry(text, time.time_ns(), {**labels, "filename": path})
        job.pipeline(entry)
        # Such a time cannot be sent at all; the real agent loses the whole batch with it.
        if _FIRST_NS <= entry.timestamp_ns < _LAST_NS:
            self.store.push(entry)

    def _job(self, written: Any, where: str) -> Job | None:
        if not isinstance(written, dict):
            raise ConfigError(f"{where}: a mapping is expected")
        name = str(written.get("job_name", ""))
        _check(written, _JOB_KEYS, f"{where} (job `{name}`)")
        pipeline = Pipeline(written.get("pipeline_stages") or [], f"{where}.pipeline_stages")
        if "docker_sd_configs" in written:
            self.unread.append(name)
            return None
        if written.get("relabel_configs"):
            raise NotSimulated(f"{where} (job `{name}`): `relabel_configs` of files")
        targets = [_target(target, where) for target in written.get("static_configs") or []]
        return Job(name, targets, pipeline)


def _target(written: Any, where: str) -> tuple[str, dict[str, str]]:
    labels = {str(name): str(value) for name, value in (written.get("labels") or {}).items()}
    if "__path__" not in labels:
        raise ConfigError(f"{where}: a static target without `__path__` reads nothing")
    if "__path_exclude__" in labels:
        raise NotSimulated(f"{where}: `__path_exclude__`")
    return labels["__path__"], {name: value for name, value in labels.items() if not name.startswith("__")}


def _check(written: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(map(str, written)) - known)
    if unknown:
        raise NotSimulated(f"{where}: `{unknown[0]}`")


def _files(pattern: str) -> Iterator[tuple[str, int, int]]:
    """Yield the regular files that match, with inodes and sizes. Paths stay text: this runs at every look."""
    if "{" in pattern:
        raise NotSimulated(f"alternatives in braces in `__path__: {pattern}`")
    absolute = str(Path(pattern).absolute())
    for found in sorted(glob.glob(absolute, recursive=True, include_hidden=True)):  # noqa: PTH207  # absolute patterns
        with contextlib.suppress(OSError):  # gone in between
            there = os.stat(found)  # noqa: PTH116  # see above
            if stat.S_ISREG(there.st_mode):
                yield found, there.st_ino, there.st_size


def _with_inode(folder: Path, inode: int) -> Iterator[str]:
    """Yield the file of a folder that has an inode: what became of a renamed one."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from (entry.path for entry in entries if entry.inode() == inode)


def _new_lines(path: str, start: int) -> Iterator[tuple[bytes, int]]:
    """Yield the complete lines after `start`, each with its end; a file that shrank is read from its beginning."""
    with contextlib.ExitStack() as opened:
        try:
            file = opened.enter_context(Path(path).open("rb"))
        except OSError:  # rotated away in between, or not readable: the agent goes on with its other files
            return
        if file.seek(0, 2) < start:
            start = 0
        file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                break
            start += len(line)
            yield line[:-1], start
