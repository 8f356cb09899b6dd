"""The server's own checker accepts the shipped configuration.

Each server has a program that reads a configuration as the server does and says what is wrong before it is rolled
out. What it refuses, the server refuses at the next start.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.effective import ConfigCheck
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{component: loki, checker: loki -verify-config, file: stack/loki/loki-config.yaml, ok: true}"),
    Bad(
        "{component: loki, checker: loki -verify-config, file: stack/loki/loki-config.yaml, ok: false, "
        "output: 'line 9: field retention not found'}",
        "`loki -verify-config` refuses stack/loki/loki-config.yaml: line 9: field retention not found",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/command-line/promtool/#promtool-check",
)
def check(checked: ConfigCheck) -> Iterator[Finding]:
    if not checked.ok:
        yield Finding(
            f"`{checked.checker}` refuses {checked.file}: {checked.output or 'it does not say why'}",
            Where(file=checked.file),
            hint="mend the line that it names",
        )
