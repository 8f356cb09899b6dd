"""Services that a target file alone describes: its labels select their streams, and promise nothing about others."""

from pathlib import Path

import pytest

from stack.backends.attached.target_file import TargetFile
from suites.core.running_service import stream_labels
from suites.run.settings import _from_target


@pytest.mark.parametrize(
    ("rest", "selected"),
    [
        ("logs: {app: Shop}}}", {"app": "Shop"}),
        ("}}\nlabels: {service: app}", {"app": "shop"}),
        ("}}", {"service": "shop"}),
    ],
)
def test_the_labels_of_a_service_select_its_streams_and_forbid_no_others(
    rest: str, selected: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "target.yaml"
    file.write_text(f"loki: http://loki:3100\nservices: {{shop: {{url: 'http://shop', format: ecs, {rest}\n")
    target = TargetFile.load(file, {})
    service = _from_target("shop", target)
    assert service.logs is not None
    assert (stream_labels(service, target), service.logs.labels) == (selected, {})
