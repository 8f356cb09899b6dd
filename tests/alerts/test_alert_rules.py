"""Alert rules: each has a summary, a severity and a runbook, and promtool accepts all of them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.real_servers import need

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "stack/prometheus/rules").glob("*.yml"))


def alerts() -> list[Any]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alert_has_a_description_and_a_runbook(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    sections = re.findall(r"^## (\w+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)

    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"].endswith(".")
    assert alert["alert"] in sections
    assert anchor == alert["alert"].lower()


def test_every_runbook_has_an_alert() -> None:
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs/runbooks.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(sections) == sorted(alert["alert"] for alert in alerts())


@pytest.mark.native
@pytest.mark.parametrize("extra", ["deployed/scrape.d", "consul"])
def test_promtool_accepts_configuration_and_rules(tmp_path: Path, extra: str) -> None:
    (promtool,) = need("promtool")
    source = ROOT / "stack/prometheus"
    for name in ("prometheus.yml", "rules", "deployed/targets", "deployed/alertmanagers", extra):
        target = tmp_path / ("scrape.d" if name == extra else Path(name).name)
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, target)

    done = subprocess.run(
        [promtool.path, "check", "config", "--lint=all", "--lint-fatal", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
