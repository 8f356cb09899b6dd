"""What several tests of dashboards read."""

import json
import shutil
from pathlib import Path

import pytest

from tests.dashboards.boards import FILES, STACK


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the stack's files with other dashboards."""
    folder = tmp_path_factory.mktemp("files") / "stack"
    ignore = shutil.ignore_patterns("*.py", "dashboards")
    for name in ("grafana", "prometheus"):
        shutil.copytree(STACK / name, folder / name, ignore=ignore)
    shutil.copytree(STACK / "grafana" / "provisioning", folder / "grafana" / "provisioning", dirs_exist_ok=True)
    shutil.copy2(STACK / "docker-compose.yml", folder)
    (folder / "grafana" / "dashboards").mkdir()
    for name, body in FILES.items():
        (folder / "grafana" / "dashboards" / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    return folder
