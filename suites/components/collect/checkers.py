"""Runs the servers' own checkers on the shipped configuration, where their programs are found."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stack.records.config.effective import ConfigCheck
from stack.servers.find import find_binary, why_absent
from suites.components.collect.files import shown
from suites.core.evidence import NotEvaluated

TIMEOUT_S = 30.0
KEPT = 1000
"""Characters of a checker's output that are kept, from its end: there it says what is wrong."""


@dataclass(frozen=True)
class Checker:
    """How one program is asked: `binary` as `stack.components` names it, `argv` with `{file}` in it."""

    binary: str
    file: str
    argv: tuple[str, ...]

    @property
    def name(self) -> str:
        """What is run, as one would type it: `promtool check config`."""
        words = [word for word in self.argv if "{file}" not in word and word != "-config.expand-env=true"]
        return " ".join([self.binary, *words])


EXPANDED = ("-config.file={file}", "-config.expand-env=true")
CHECKERS = {
    # Reads the rule files as well.
    "prometheus": Checker("promtool", "prometheus/prometheus.yml", ("check", "config", "{file}")),
    "alertmanager": Checker("amtool", "alertmanager/alertmanager.yml", ("check-config", "{file}")),
    "loki": Checker("loki", "loki/loki-config.yaml", (*EXPANDED, "-verify-config")),
    "promtail": Checker("promtail", "promtail/promtail-config.yaml", (*EXPANDED, "-check-syntax")),
}


async def check_all(config_dir: Path) -> dict[str, list[ConfigCheck] | NotEvaluated]:
    """Run every checker on its file below `config_dir`, all at once; returns what each said, by component."""
    found = await asyncio.gather(*(asyncio.to_thread(check, name, config_dir) for name in CHECKERS))
    return dict(zip(CHECKERS, found, strict=True))


def check(component: str, config_dir: Path) -> list[ConfigCheck] | NotEvaluated:
    """Run the checker of one component; never raises for what is wrong with the file."""
    checker = CHECKERS[component]
    binary, file = find_binary(checker.binary), config_dir.absolute() / checker.file
    if binary is None:
        return NotEvaluated(why_absent(checker.binary))
    argv = [str(binary.path), *(word.replace("{file}", str(file)) for word in checker.argv)]
    with tempfile.TemporaryDirectory(prefix="check-") as somewhere:  # Promtail looks for folders to write to
        try:
            done = subprocess.run(  # noqa: S603  # one of the programs of the table above
                argv, cwd=somewhere, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as broken:
            return NotEvaluated(f"`{checker.name}` could not be run: {broken}")
    said = " ".join(f"{done.stdout}\n{done.stderr}".split()).replace(f"{config_dir.absolute()}", config_dir.name)
    output = "" if done.returncode == 0 else said[-KEPT:]
    return [ConfigCheck(component, checker.name, shown(config_dir, checker.file), done.returncode == 0, output)]
