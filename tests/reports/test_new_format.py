"""Adding a report format touches as many files as docs/contributing.md claims."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITER = "def render(report):\n    return ''.join(f'{v[\"rule\"]},{v[\"outcome\"]}\\n' for v in report['verdicts'])\n"
SUITE = """
from pathlib import Path

def test_one(record_property):
    assert not Path("reports/out/verdicts.csv").exists()  # an earlier run's
    record_property("verdict", {"rule": "metrics/ok", "subject": "shop", "outcome": "pass"})
"""


def test_a_new_format_is_one_module_and_one_line(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    for part in ("reports", "schemas", "stack/text"):
        shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__", "out"))
    before = contents(project)

    (project / "reports/writers/csv_writer.py").write_text(WRITER, encoding="utf-8")
    table = project / "reports/writers/__init__.py"
    text = table.read_text(encoding="utf-8")
    text = text.replace("import badges", "import badges, csv_writer")
    text = text.replace("\n}\n", '\n    "verdicts.csv": csv_writer.render,\n}\n')
    table.write_text(text, encoding="utf-8")

    touched = {name for name, text in contents(project).items() if before.get(name) != text}
    (claimed,) = re.findall(
        r"## Adding a report format\n\nIt touches (\d+) files", (ROOT / "docs/contributing.md").read_text("utf-8")
    )
    assert len(touched) == int(claimed), touched

    (home / "suites").mkdir(parents=True)
    (home / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (home / "suites/test_metrics.py").write_text(SUITE, encoding="utf-8")
    for _ in range(2):  # the second run finds the first one's file
        subprocess.run(
            [sys.executable, "-m", "pytest", "suites", "-q", "-p", "reports.plugin", "-p", "no:cacheprovider"],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""},
            check=True,
            timeout=600,
        )
        assert (home / "reports/out/verdicts.csv").read_text(encoding="utf-8") == "metrics/ok,pass\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
