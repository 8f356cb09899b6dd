"""What the console is told by its environment."""

from pathlib import Path

import pytest

from stack.console.settings import SettingsError, from_environment


@pytest.mark.parametrize("variable", ["CONSOLE_WEB_DIR", "GRAFANA_DASHBOARDS_DIR"])
def test_a_folder_that_is_not_there_is_named(variable: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{variable}: there is no folder `{tmp_path}/nowhere`"):
        from_environment({variable: f"{tmp_path}/nowhere"})
