"""The compose file has no hard-coded password, token or key, and no default for one.

A default password is public. With `${NAME:?set NAME}` the stack does not start until one is set.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from stack.records.config.compose import ComposeService
from stack.text.interpolation import expand, variables
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

SECRET = re.compile(r"(?i)(password|passwd|secret|token|api_?key|access_?key|requirepass)(?!.*file$)")


@rule(
    Good("services: {grafana: {environment: {GF_SECURITY_ADMIN_PASSWORD: '${GRAFANA_ADMIN_PASSWORD:?set it}'}}}"),
    Good("services: {grafana: {environment: [GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/grafana]}}"),
    Bad(
        "services: {grafana: {environment: {GF_SECURITY_ADMIN_PASSWORD: admin}}}",
        "`GF_SECURITY_ADMIN_PASSWORD` of `grafana` is hard-coded in the file",
    ),
    Bad(
        "services: {grafana: {environment: ['GF_SECURITY_ADMIN_PASSWORD=${PASSWORD:-admin}']}}",
        "`GF_SECURITY_ADMIN_PASSWORD` of `grafana` has a default",
    ),
    Bad(
        "services: {redis: {command: redis-server --requirepass s3cret}}",
        "`--requirepass` of `redis` is hard-coded in the file",
    ),
    Bad(
        "services: {grafana: {environment: {GF_SECURITY_ADMIN_PASSWORD: '$PASSWORD'}}}",
        "`GF_SECURITY_ADMIN_PASSWORD` of `grafana` may be empty",
    ),
    Unjudged(
        "services: {loki: {env_file: [{path: loki.env}]}}",
        NotCollected("settings of `loki` come from `loki.env`, which is not read"),
    ),
    Unjudged(
        "services: {loki: {extends: {file: b.yml, service: loki}}}",
        NotCollected("settings of `loki` come from `b.yml`, which is not read"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/compose/how-tos/environment-variables/best-practices/",
)
def check(service: ComposeService) -> Iterator[Finding]:
    for key, value, place in _settings(service):
        used = variables(value)
        if not SECRET.search(key) or any(variable.required for variable in used):
            continue
        state = ("has a default" if used else "is hard-coded in the file") if expand(value) else "may be empty"
        yield Finding(
            f"`{key}` of `{service.name}` {state}",
            Where(file=service.file, line=service.line(place)),
            hint="${NAME:?set NAME, see .env.example}, so that the stack does not start without it",
        )
    nothing_unread(service, service.unread_environment)


def _settings(service: ComposeService) -> Iterator[tuple[str, str, str]]:
    for key, value in service.raw_environment:
        yield key, value, f"environment.{key}" if f"environment.{key}" in service.lines else "environment"
    for word, following in pairwise((*service.raw_command, "")):
        key, equals, value = word.partition("=")
        if key.startswith("-"):
            yield key, value if equals else following, "command"
