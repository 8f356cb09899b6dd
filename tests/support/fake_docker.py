"""A `docker` client of a test's own: a script on PATH that answers as the test wants, so no engine is needed."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = """#!/bin/sh
case "$1 $2" in
  "context inspect") echo "{host}" ;;
  "version --format") {version} ;;
  "compose version") {compose} ;;
  *) echo "unexpected: docker $*" >&2; exit 99 ;;
esac
"""


@dataclass(frozen=True)
class Fake:
    """What the client answers; `version` and `compose` are shell commands."""

    host: str = "unix:///run/test/docker.sock"
    api: str = "1.41"
    version: str = ""
    compose: str = "echo 2.40.3"
    components: tuple[str, ...] = ("Engine", "containerd")

    def install(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Put the client on PATH, before everything else."""
        parts = [{"Name": name} for name in self.components]
        server = {"Server": {"Version": "20.10.24", "ApiVersion": self.api, "Components": parts}}
        script = SCRIPT.format(
            host=self.host, version=self.version or f"echo '{json.dumps(server)}'", compose=self.compose
        )
        file = folder / "bin" / "docker"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script, encoding="utf-8")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}/usr/bin:/bin")
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        return file


def says(text: str, code: int = 1) -> str:
    """A shell command that complains and fails."""
    return f"{{ echo '{text}' >&2; exit {code}; }}"
