"""Every service drops the capabilities that it does not need.

None of these servers needs any. An attacker who breaks in then has an ordinary process that cannot gain privileges.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {cap_drop: [ALL], security_opt: ['no-new-privileges:true']}}"),
    Bad(
        "services: {loki: {image: 'grafana/loki:3.6.15'}}",
        "service `loki` keeps the engine's default capabilities",
        "service `loki` may gain privileges through setuid programs",
    ),
    Bad(
        "services: {loki: {cap_drop: [NET_RAW], security_opt: [no-new-privileges]}}",
        "service `loki` keeps the engine's default capabilities",
    ),
    level=Level.SHOULD,
    source="https://docs.docker.com/engine/security/#linux-kernel-capabilities",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if "ALL" not in {name.upper() for name in service.cap_drop}:
        yield Finding(
            f"service `{service.name}` keeps the engine's default capabilities",
            Where(file=service.file, line=service.line("cap_drop")),
            hint="cap_drop: [ALL], and `cap_add` for what it needs",
        )
    if not any(option in ("no-new-privileges", "no-new-privileges:true") for option in service.security_opt):
        yield Finding(
            f"service `{service.name}` may gain privileges through setuid programs",
            Where(file=service.file, line=service.line("security_opt")),
            hint='security_opt: ["no-new-privileges:true"]',
        )
