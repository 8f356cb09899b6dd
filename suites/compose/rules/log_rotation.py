"""Container logs are rotated.

The engine's default keeps every line of standard output for as long as the container lives: longer than the seven days
that are promised, and until the disk is full.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good("services: {loki: {logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}}}"),
    Good("services: {loki: {logging: {driver: local}}}"),
    Good("services: {loki: {logging: {driver: none}}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "log of `loki` grows without a limit"),
    Bad(
        "services: {loki: {logging: {driver: json-file, options: {max-file: '3'}}}}",
        "log of `loki` grows without a limit",
    ),
    Bad(
        "services: {loki: {logging: {driver: json-file, options: {max-size: 5g, max-file: '9'}}}}",
        "log of `loki` may grow to 45 GB before it is rotated",
    ),
    Unjudged(
        "services: {loki: {logging: {driver: journald}}}",
        NotApplicable("the driver `journald` hands the lines on, and what keeps them rotates them"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/logging/drivers/json-file/",
)
def check(service: ComposeService) -> Iterator[Finding]:
    where = Where(file=service.file, line=service.line("logging"))
    hint = "logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}"
    if service.logging_driver in ("local", "none"):  # the one rotates by itself, the other keeps nothing
        return
    if service.logging_driver not in ("", "json-file"):
        raise NotApplicable(
            f"the driver `{service.logging_driver}` hands the lines on, and what keeps them rotates them"
        )
    size = _bytes(service.logging_options.get("max-size", ""))
    if size is None:
        yield Finding(f"log of `{service.name}` grows without a limit", where, hint)
        return
    files = service.logging_options.get("max-file", "1")
    gigabytes = size * (int(files) if files.isdigit() else 1) / 1e9
    if gigabytes > 1:
        yield Finding(f"log of `{service.name}` may grow to {gigabytes:g} GB before it is rotated", where, hint)


def _bytes(size: str) -> float | None:
    number, unit = size[:-1], size[-1:].lower()
    factor = {"k": 1e3, "m": 1e6, "g": 1e9}.get(unit)
    if factor is None:
        number, factor = size, 1.0
    return float(number) * factor if number.isdigit() and int(number) > 0 else None
