"""The server's own checker accepts the shipped configuration.

Each server has a program that reads a configuration as the server does and reports errors before a rollout. What the
checker rejects, the server rejects at its next start.
"""

from collections.abc import Iterator

from stack.records.config.effective import ConfigCheck
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{component: loki, checker: loki -verify-config, file: stack/loki/loki-config.yaml, ok: true}"),
    Bad(
        "{component: loki, checker: loki -verify-config, file: stack/loki/loki-config.yaml, ok: false, "
        "output: 'line 9: field retention not found'}",
        "`loki -verify-config` rejects stack/loki/loki-config.yaml: line 9: field retention not found",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/command-line/promtool/#promtool-check",
)
def check(checked: ConfigCheck) -> Iterator[Finding]:
    if not checked.ok:
        yield Finding(
            f"`{checked.checker}` rejects {checked.file}: {checked.output or 'no reason given'}",
            Where(file=checked.file),
            hint="fix the line that it names",
        )
