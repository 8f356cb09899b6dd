"""Receivers of an Alertmanager in a container are not on its own loopback address.

`localhost` is then the container itself, where nothing listens: every notification ends with a refused connection.
"""

import re
from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

LOOPBACK = re.compile(r"^(?:\w+://)?(?:[^/@]*@)?(?:localhost|127(?:\.\d+){3}|\[::1\]|::1|0\.0\.0\.0)(?=[:/]|$)")


def config(url: str, more: str = "") -> str:
    return f"{{route: {{receiver: a}}, receivers: [{{name: a, webhook_configs: [{{url: '{url}'}}]}}]{more}}}"


@rule(
    Good(config("http://chat:8080/localhost")),
    Good(config("http://localhost:8080/", ", local: true")),
    Bad(
        config("http://127.0.0.1:5001/hook"),
        "receiver `a` sends to `http://127.0.0.1:5001/hook`, which is Alertmanager's own container",
    ),
    *(
        Unjudged(
            config(url, ", local: null"),
            NotApplicable("it is not known whether this Alertmanager runs in a container"),
        )
        for url in ("http://localhost:8080/", "<secret>")
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/network/",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    addresses = [(receiver, *address) for receiver in config.receivers for address in receiver.addresses]
    if not addresses:
        raise NotApplicable(f"{config.file} has no addresses")
    unclear = [address for _, address, _ in addresses if LOOPBACK.match(address) or address == "<secret>"]
    if config.in_container is None and unclear:
        raise NotApplicable("it is not known whether this Alertmanager runs in a container")
    for receiver, address, line in addresses:
        if config.in_container and LOOPBACK.match(address):
            message = f"receiver `{receiver.name}` sends to `{address}`, which is Alertmanager's own container"
            yield Finding(message, Where(file=config.file, line=line), "the name of the service in the compose file")
