"""Continuous integration builds the pages where it can, says so where it cannot, and fails where they are wrong."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "pages.sh"
NODE = 'case "$1" in --version) echo v18.0.0;; *) exit {old};; esac'
SLOW = 'mkdir -p node_modules/vite; test "$1" != ci || exec sleep 60'
NO_INDEX = 'mkdir -p node_modules/vite; test "$1" != ci || { echo ECONNREFUSED >&2; exit 1; }'
NOT_BUILT = "not built, and not tested in a browser: "


def run(folder: Path, programs: dict[str, str], seconds: str = "30") -> tuple[int, str]:
    """Run the script with these programs as its Node; returns exit code and last line."""
    (tools := folder / "bin").mkdir()
    for name in ("bash", "timeout", "rm", "mkdir", "sleep", "dirname"):
        found = next(path / name for path in map(Path, os.environ["PATH"].split(":")) if (path / name).exists())
        (tools / name).symlink_to(found)
    for name, text in programs.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    (web := folder / "web").mkdir()
    done = subprocess.run(
        [tools / "bash", SCRIPT, web, seconds], env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )
    assert not (web / "node_modules").exists() or done.returncode or done.stdout.endswith(": built\n")
    return done.returncode, done.stdout.rpartition("pages: ")[2].strip()


@pytest.mark.parametrize(
    ("programs", "seconds", "says"),
    [
        pytest.param({}, "30", f"{NOT_BUILT}there is no Node with npm here", id="no Node"),
        pytest.param(
            {"node": NODE.format(old=1), "npm": "exit 9"},
            "30",
            f"{NOT_BUILT}Node 20.19 or newer is needed, this is v18.0.0",
            id="an old Node",
        ),
        pytest.param({"node": NODE.format(old=0), "npm": NO_INDEX}, "30", f"{NOT_BUILT}npm could not", id="no index"),
        pytest.param({"node": NODE.format(old=0), "npm": SLOW}, "0.2", f"{NOT_BUILT}npm could not", id="a slow index"),
        pytest.param({"node": NODE.format(old=0), "npm": "exit 0"}, "30", "built", id="all there"),
    ],
)
def test_what_cannot_be_built_is_said_and_is_no_failure(
    tmp_path: Path, programs: dict[str, str], seconds: str, says: str
) -> None:
    code, told = run(tmp_path, programs, seconds)
    assert code == 0
    assert told.startswith(says)


def test_pages_that_do_not_build_are_a_failure(tmp_path: Path) -> None:
    code, _ = run(tmp_path, {"node": NODE.format(old=0), "npm": 'test "$1" != run'})
    assert code != 0
