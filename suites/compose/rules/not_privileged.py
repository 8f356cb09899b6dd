"""No service is privileged.

A privileged container, or one with an administrator's capabilities, controls the machine it runs on.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

ROOT_EQUIVALENT = {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "NET_ADMIN", "BPF"}


@rule(
    Good("services: {loki: {cap_drop: [ALL]}}"),
    Good("services: {gateway: {cap_add: [NET_BIND_SERVICE]}}"),
    Bad("services: {loki: {privileged: true}}", "service `loki` is privileged"),
    Bad("services: {loki: {privileged: '${PRIVILEGED:-true}'}}", "service `loki` is privileged"),
    Bad("services: {loki: {cap_add: [CAP_SYS_ADMIN]}}", "service `loki` adds the capability `CAP_SYS_ADMIN`"),
    Bad(
        "services: {loki: {security_opt: ['${SECCOMP:-seccomp:unconfined}']}}",
        "service `loki` disables a protection: `seccomp:unconfined`",
    ),
    Unjudged(
        "services: {loki: {cap_add: ['${CAPABILITY}']}}",
        NotCollected("`loki` has `${CAPABILITY}`, which the file does not set"),
    ),
    Unjudged(
        "services: {loki: {extends: {file: b.yml, service: loki}}}",
        NotCollected("settings of `loki` come from `b.yml`, which is not read"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/security/#linux-kernel-capabilities",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if service.privileged:
        where = Where(file=service.file, line=service.line("privileged"))
        yield Finding(f"service `{service.name}` is privileged", where, hint="remove `privileged: true`")
    for capability in service.cap_add:
        if capability.upper().removeprefix("CAP_") in ROOT_EQUIVALENT:
            yield Finding(
                f"service `{service.name}` adds the capability `{capability}`",
                Where(file=service.file, line=service.line("cap_add")),
                hint=f"remove `{capability}` from `cap_add`",
            )
    for option in service.security_opt:
        if option.endswith(("unconfined", "no-new-privileges:false", "no-new-privileges=false", "label:disable")):
            yield Finding(
                f"service `{service.name}` disables a protection: `{option}`",
                Where(file=service.file, line=service.line("security_opt")),
                hint=f"remove `{option}` from `security_opt`",
            )
    nothing_unread(service)
    for option in (*service.cap_add, *service.security_opt):
        if option.startswith("$"):
            raise NotCollected(f"`{service.name}` has `{option}`, which the file does not set")
