"""Every image is pinned to one release.

`latest`, `8` and `3.6` are different programs next month: what runs is then no longer what was tested.
"""

import re
from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

RELEASE = re.compile(r"\d+\.\d+\.\d+")


@rule(
    Good("services: {loki: {image: 'grafana/loki:3.6.15'}}"),
    Good("services: {loki: {image: '${LOKI_IMAGE:-registry.example:5000/loki:3.6.15}'}}"),
    Bad("services: {loki: {image: 'grafana/loki:latest'}}", "image `grafana/loki:latest` is not pinned to a release"),
    Bad("services: {loki: {image: grafana/loki}}", "image `grafana/loki` has no tag, which means `latest`"),
    Bad("services: {redis: {image: 'redis:8'}}", "image `redis:8` is not pinned to a release"),
    Bad("services: {api: {}}", "service `api` has neither an image nor a build"),
    Unjudged("services: {api: {build: ../services/api}}", NotApplicable("`api` is built, not pulled")),
    level=Level.MUST,
    source="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
def check(service: ComposeService) -> Iterator[Finding]:
    where = Where(file=service.file, line=service.line("image"))
    if service.builds:
        raise NotApplicable(f"`{service.name}` is built, not pulled")
    if not service.image:
        yield Finding(f"service `{service.name}` has neither an image nor a build", where, hint="give it an `image`")
        return
    if "@sha256:" in service.image:
        return
    tag = service.image.rpartition("/")[2].partition(":")[2]
    if not tag:
        message = f"image `{service.image}` has no tag, which means `latest`"
    elif not RELEASE.search(tag):
        message = f"image `{service.image}` is not pinned to a release"
    else:
        return
    yield Finding(message, where, hint="use a full release, `name:1.2.3`, or a digest, `name@sha256:…`")
