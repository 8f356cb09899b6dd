"""The preset of lines is that of most of them."""

import pytest

from stack.records.logs.preset import preset_of

ZAP = '{"level":"info","ts":1795500000.5,"msg":"ready","caller":"api/main.go:7"}'
TEXT = "2026-11-28 06:10:57,646 INFO mailer.worker: mail queued"


@pytest.mark.parametrize(
    ("lines", "preset"),
    [
        ([ZAP, ZAP, TEXT], "zap"),
        (['{"event":"ready","level":"info","timestamp":"2026-11-28T06:10:57.647510Z"}'], "structlog"),
        (['{"@timestamp":"2026-11-28T06:10:56Z","log.level":"info","message":"m","ecs.version":"8.11.0"}'], "ecs"),
        (["ts=2026-11-28T06:10:57.646Z level=info msg=ready"], "logfmt"),
        ([TEXT, "Traceback (most recent call last):", ZAP], "none"),
        (['{"a":1}', '{"a":2}', ZAP], ""),
        (['{"level":"info","ts":1795500000.5,"msg":"cut'], ""),
        ([ZAP, TEXT], ""),
        ([], ""),
    ],
)
def test_lines_have_the_preset_of_most_of_them(lines: list[str], preset: str) -> None:
    assert preset_of(lines) == preset
