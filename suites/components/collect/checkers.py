"""Runs the servers' own checkers on the shipped configuration, where their programs are found."""

import asyncio
import subprocess
import tempfile
from pathlib import Path

from stack.components import COMPONENTS
from stack.records.config.effective import ConfigCheck
from stack.servers.find import find_binary, why_absent
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import display_path

TIMEOUT_S = 120.0
KEPT = 1000
"""Characters of a checker's output that are kept, from its end: there it says what is wrong."""


CHECKED = {name: info.checker for name, info in COMPONENTS.items() if info.checker}


async def check_all(config_dir: Path, *, attached: bool = False) -> dict[str, list[ConfigCheck] | NotEvaluated]:
    """Run every checker on its file below `config_dir`, all at once; returns what each said, by component.

    The folder of an `attached` stack need not have every file, and paths in its files are those of its own machines.
    """
    found = await asyncio.gather(*(asyncio.to_thread(check, name, config_dir, attached=attached) for name in CHECKED))
    return dict(zip(CHECKED, found, strict=True))


def check(component: str, config_dir: Path, *, attached: bool = False) -> list[ConfigCheck] | NotEvaluated:
    """Run the checker of one component; never raises for what is wrong with the file."""
    checker, name = CHECKED[component], COMPONENTS[component].config_file
    binary, file = find_binary(checker.binary), config_dir.absolute() / name
    if attached and not file.exists():
        return NotEvaluated(f"{display_path(config_dir, name)} does not exist", applies=False)
    if binary is None:
        return NotEvaluated(why_absent(checker.binary))
    argv = [str(binary.path), *(word.replace("{file}", str(file)) for word in checker.arguments)]
    if attached and checker.binary == "promtool":
        argv.insert(-1, "--syntax-only")
    with tempfile.TemporaryDirectory(prefix="check-") as cwd:  # Promtail looks for folders to write to
        try:
            done = subprocess.run(  # noqa: S603  # one of the programs of the component table
                argv, cwd=cwd, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as broken:
            return NotEvaluated(f"`{checker.name}` could not be run: {broken}")
    said = " ".join(f"{done.stdout}\n{done.stderr}".split()).replace(f"{config_dir.absolute()}", config_dir.name)
    output = "" if done.returncode == 0 else said[-KEPT:]
    return [ConfigCheck(component, checker.name, display_path(config_dir, name), done.returncode == 0, output)]
