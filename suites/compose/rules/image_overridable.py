"""Every image can be overridden by an environment variable of its own.

Sites with a mirror, or without internet access, have the same images under other names and should not have to edit the
file.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from stack.text.interpolation import variables
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("services: {node-exporter: {image: '${NODE_EXPORTER_IMAGE:-prom/node-exporter:v1.12.1}'}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "image of `loki` cannot be overridden by a variable"),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/interpolation/",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if not service.raw_image:
        raise NotApplicable(f"`{service.name}` is built, not pulled")
    if not variables(service.raw_image):
        name = service.name.upper().replace("-", "_")
        yield Finding(
            f"image of `{service.name}` cannot be overridden by a variable",
            Where(file=service.file, line=service.line("image")),
            hint=f"image: ${{{name}_IMAGE:-{service.raw_image}}}",
        )
