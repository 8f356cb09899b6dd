"""The file of `CONSOLE_TERMINAL_FILE`: which hosts the terminal reaches, and its limits.

Its shape is `schemas/terminal.schema.json`; `docs/console.md` has an example.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

from stack.text import schema_errors
from stack.text.durations import seconds
from stack.text.schema_data import schema_data
from stack.text.yaml_text import Problem, YamlText, read_strict

MB = 1024 * 1024
OTHERS = 0o077
"""The permission bits of group and others."""


class TerminalFileError(ValueError):
    """A file that cannot be used; the text names file, line and key of every problem."""


@dataclass(frozen=True)
class Target:
    """A host: where it is, who signs in with which key file, and the public key that it must have."""

    name: str
    host: str
    user: str
    host_key: str
    private_key: Path
    port: int = 22


@dataclass(frozen=True)
class TerminalConfig:
    """Hosts by name, none where the terminal is off; times in seconds, sizes in bytes."""

    targets: Mapping[str, Target] = field(default_factory=dict)
    idle_s: float = 600.0
    longest_s: float = 4 * 3600.0
    sessions: int = 5
    record_input: bool = False
    recording_bytes: int = 50 * MB
    recordings_bytes: int = 1000 * MB


def load(path: Path) -> TerminalConfig:
    """Read the file.

    Raises:
        TerminalFileError: it cannot be read, breaks its schema, or names a private key that cannot be used.

    """
    try:
        document = read_strict(path.read_bytes())
    except OSError as broken:
        raise TerminalFileError(f"{path}: cannot be read: {broken.strerror}") from None
    problems = list(document.problems) or list(schema_errors.problems(_validator(), document))
    problems = problems or list(_wrong(document, path.parent))
    if problems:
        raise TerminalFileError("\n".join(problem.in_file(str(path)) for problem in problems))
    return _config(document, path.parent)


@cache
def _validator() -> Draft202012Validator:
    return schema_errors.validator(schema_data("terminal.schema.json"))


def _config(document: YamlText, folder: Path) -> TerminalConfig:
    data, default = document.data, TerminalConfig()
    targets = [Target(**{**each, "private_key": folder / each["private_key"]}) for each in data["targets"]]
    return TerminalConfig(
        targets={each.name: each for each in targets},
        idle_s=(seconds(data["idle"]) or 0.0) if "idle" in data else default.idle_s,
        longest_s=(seconds(data["longest"]) or 0.0) if "longest" in data else default.longest_s,
        sessions=data.get("sessions", default.sessions),
        record_input=data.get("record_input", default.record_input),
        recording_bytes=data["recording_mb"] * MB if "recording_mb" in data else default.recording_bytes,
        recordings_bytes=data["recordings_mb"] * MB if "recordings_mb" in data else default.recordings_bytes,
    )


def _wrong(document: YamlText, folder: Path) -> Iterator[Problem]:
    """Yield what no schema can say: names given twice, keys that are none, and key files that cannot be used."""
    seen = set[str]()
    for number, target in enumerate(document.data["targets"]):
        place = ("targets", number)
        wrong = {
            "name": f"`{target['name']}` is the name of another target, too" if target["name"] in seen else "",
            "host_key": _wrong_host_key(target["host_key"]),
            "private_key": _wrong_private_key(folder / target["private_key"]),
        }
        seen.add(target["name"])
        for key, message in wrong.items():
            if message:
                yield Problem(document.line_of((*place, key)), message, (*place, key))
    for key in ("idle", "longest"):
        if key in document.data and not seconds(document.data[key]):
            yield Problem(document.line_of((key,)), "must be longer than nothing", (key,))


def _wrong_host_key(text: str) -> str:
    kind, encoded = text.split(" ")[:2]
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    # The first field of every public key is its kind, behind its length in four bytes (RFC 4253, section 6.6).
    if not key[4:].startswith(kind.encode()):
        return f"is no {kind} key; copy it from the host's /etc/ssh/ssh_host_*_key.pub"
    return ""


def _wrong_private_key(path: Path) -> str:
    # What is in the file is never shown, in no message.
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            known = b"PRIVATE KEY-----" in file.readline(200)
    except OSError as broken:
        return f"{path} cannot be read: {broken.strerror}"
    if mode & OTHERS:
        return f"{path} can be read by others than its owner; `chmod 600` it"
    return "" if known else f"{path} is no private key in OpenSSH or PEM form"
