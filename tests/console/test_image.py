"""The console's image has every file that the console needs: its Dockerfile names them one by one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "stack" / "console" / "Dockerfile").read_text(encoding="utf-8")
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]


def test_what_is_copied_is_enough(tmp_path: Path) -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", LAST_STAGE, re.MULTILINE):
        *sources, target = line.split()
        for source in (path for pattern in sources for path in ROOT.glob(pattern)):
            place = tmp_path / target
            if source.is_dir():
                shutil.copytree(source, place)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place = place / source.name if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)
    done = _link(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://localhost:4080/console/#setup=")
    hosts = tmp_path / "terminal.yaml"
    hosts.write_text("targets: []\n", encoding="utf-8")
    # The schema is read, which is no module.
    assert "targets: must not be empty" in _link(tmp_path, CONSOLE_TERMINAL_FILE=str(hosts)).stderr


def _link(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "CONSOLE_DATA_DIR": str(folder / "data"), **variables}
    command = [sys.executable, "-m", "stack.console", "link"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_every_folder_of_the_console_is_copied() -> None:
    """Some modules are imported when they are first needed."""
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "stack" / "console").rglob("*.py")}
    missing = [
        str(each)
        for each in folders
        if "web" not in each.parts and not re.search(rf"^COPY {each}/\S* {each}/$", LAST_STAGE, re.MULTILINE)
    ]
    assert missing == []


def test_base_images_are_pinned_to_a_release() -> None:
    names = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(names) == 2
    assert [name for name in names if not re.search(r":\d+\.\d+\.\d+", name)] == []
