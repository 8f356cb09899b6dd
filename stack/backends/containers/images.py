"""The images of a run: those that are here, those that can be pulled or built, and why the rest cannot be had."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stack.backends.containers.engine import Engine, EngineError, last_words, run

if TYPE_CHECKING:
    from stack.backends.containers.compose import ProjectCompose

PULL_S = 900.0
PEEK_S = 3.0
AT_ONCE = 4
BUILD_SCRIPT = "python -m tests.support.images.build"
ORIGIN = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)
COPIED = re.compile(r"^\s*COPY\s+((?!--from).+)$", re.IGNORECASE | re.MULTILINE)
STAGE = re.compile(r"^\s*FROM\s.*\sAS\s+(\S+)", re.IGNORECASE | re.MULTILINE)
LEFT_OUT = "none"
"""The value of an image's variable that leaves the component out of a stack of containers."""

VARIABLE = re.compile(r"^\$\{(\w+)")


@dataclass(frozen=True)
class Image:
    """An image that a compose service needs.

    `variable` is what replaces it in the environment, empty where nothing does; `context` the folder that it is built
    from, None where it is only pulled.
    """

    service: str
    reference: str
    variable: str = ""
    context: Path | None = None
    dockerfile: str = "Dockerfile"

    @property
    def left_out(self) -> bool:
        """Whether the environment says to run without it: `LOKI_IMAGE=none`."""
        return bool(self.variable) and self.reference == LEFT_OUT


def images_of(config: Mapping[str, Any], raw: Mapping[str, str], services: Iterable[str]) -> list[Image]:
    """The images of some services: `config` as compose understands it, `raw` the images as the file writes them."""
    found = []
    for name in services:
        service = config["services"][name]
        variable = VARIABLE.match(raw.get(name, ""))
        build = service.get("build") or {}
        context = build.get("context")
        # Compose gives an image that is only built this name.
        reference = service.get("image") or f"{config['name']}-{name}"
        folder = Path(context) if context else None
        recipe = build.get("dockerfile") or "Dockerfile"
        found.append(Image(name, reference, variable[1] if variable else "", folder, recipe))
    return found


def missing(engine: Engine, images: Iterable[Image]) -> list[Image]:
    """Those of `images` that are not here."""
    images = list(images)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        created = list(pool.map(lambda image: _created(engine, image.reference), images))
    return [image for image, when in zip(images, created, strict=True) if when is None]


def out_of_reach(engine: Engine, images: Iterable[Image]) -> str | None:
    """Say briefly which image is neither here nor to be had from its registry; None where all can be had.

    An image that is built needs those that its Dockerfile begins with.
    """
    wanted = list(dict.fromkeys(name for image in missing(engine, images) for name in _origins(image)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda name: _to_be_had(engine, name), wanted))
    refused = [name for name, had in zip(wanted, answers, strict=True) if not had]
    return f"the image {refused[0]} is not here and its registry does not offer it" if refused else None


def _origins(image: Image) -> list[str]:
    if image.context is None:
        return [image.reference]
    try:
        text = (image.context / image.dockerfile).read_text(encoding="utf-8")
    except OSError:
        return [image.reference]
    stages = {name.lower() for name in STAGE.findall(text)} | {"scratch"}
    return [name for name in ORIGIN.findall(text) if name.lower() not in stages] or [image.reference]


def _to_be_had(engine: Engine, reference: str) -> bool:
    if _created(engine, reference) is not None:
        return True
    return run(engine.client, "manifest", "inspect", reference, timeout_s=PEEK_S).returncode == 0


def provide(
    engine: Engine, compose: ProjectCompose, images: Iterable[Image], say: Callable[[str], object]
) -> dict[str, str]:
    """Pull or build what is not here or older than its sources; returns, by service, why an image cannot be had."""
    images = list(images)
    reasons = {image.service: f"left out by {image.variable}={LEFT_OUT}" for image in images if image.left_out}
    images = [image for image in images if not image.left_out]
    lacking = {image.reference for image in missing(engine, images)}
    pulled = {image.reference for image in images if image.reference in lacking and image.context is None}
    for reference in sorted(pulled):
        say(f"pulling {reference}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = dict(zip(sorted(pulled), pool.map(lambda name: _pull(engine, name), sorted(pulled)), strict=True))
    built: dict[str, str] = {}
    for image in images:
        if image.context is None:
            why = failed.get(image.reference, "")
        else:
            why = built.get(image.reference, "?")
            if why == "?":
                made = None if image.reference in lacking else _created(engine, image.reference)
                why = built[image.reference] = _build(compose, image, made, say)
        if why:
            reasons[image.service] = why
    return reasons


def explain(images: Iterable[Image], reasons: Mapping[str, str]) -> str:
    """Say of every image that cannot be had why, and what the reader can do."""
    lacking = [image for image in images if image.service in reasons]
    lines = [f"  {image.service}: {reasons[image.service]}" for image in lacking]
    variables = sorted({image.variable for image in lacking if image.variable})
    named = f"name other images by {', '.join(variables)}, " if variables else ""
    return (
        "images that the stack needs cannot be had:\n"
        + "\n".join(lines)
        + f"\nload them (`docker load`), {named}build stand-ins from what is on this machine (`{BUILD_SCRIPT}` prints "
        "their names for the environment), or run the stack without containers: --stack local"
    )


def _created(engine: Engine, reference: str) -> datetime | None:
    """When an image was made, None where it is not here."""
    asked = run(engine.client, "image", "inspect", "--format", "{{json .Created}}", reference)
    if asked.returncode:
        if "no such image" in asked.stderr.lower() or "not found" in asked.stderr.lower():
            return None
        raise EngineError(f"the engine cannot say whether it has {reference}: {last_words(asked)}")
    try:
        # Nanoseconds are more than Python reads.
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", json.loads(asked.stdout)))
    except (ValueError, TypeError):
        return datetime.fromtimestamp(0, UTC)


def _pull(engine: Engine, reference: str) -> str:
    done = run(engine.client, "pull", "--quiet", reference, timeout_s=PULL_S)
    return f"{reference} is not here and cannot be pulled: {last_words(done)}" if done.returncode else ""


def _build(compose: ProjectCompose, image: Image, made: datetime | None, say: Callable[[str], object]) -> str:
    """Build an image that is not here or was `made` before its sources changed; returns why that is not possible."""
    changed = _changed(image.context, image.dockerfile) if image.context else None
    if made and (changed is None or made >= changed):
        return ""
    say(f"building {image.reference}")
    try:
        compose.build_images([image.service])
    except EngineError as failed:
        state = "is not here" if made is None else f"is older than its sources in {image.context}"
        return f"{image.reference} {state} and cannot be built: {failed}"
    return ""


def _changed(context: Path, dockerfile: str) -> datetime | None:
    """When the Dockerfile or a file that it copies was last changed."""
    recipe = context / dockerfile
    text = recipe.read_text(encoding="utf-8") if recipe.is_file() else "COPY . ."
    copied = {word for line in COPIED.findall(text) for word in line.split()[:-1] if not word.startswith("--")}
    named = [path for word in copied for path in (context.rglob("*") if word == "." else context.glob(word))]
    files = [recipe, *named, *(below for path in named if path.is_dir() for below in path.rglob("*"))]
    times = [path.stat().st_mtime for path in files if path.is_file() and "__pycache__" not in path.parts]
    return datetime.fromtimestamp(max(times), UTC) if times else None
