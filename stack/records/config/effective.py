"""A configuration as its server reads it: the result of the server's own checker, and the settings it runs with."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from stack.components import COMPONENTS
from stack.text.durations import seconds
from stack.text.interpolation import variables
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import FromYaml
from stack.text.yaml_text import ConfigError, read_yaml


@dataclass(frozen=True, slots=True)
class ConfigCheck(FromYaml):
    """One run of one checker, such as `promtool check config`; `output` is what it printed."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(name for name, info in COMPONENTS.items() if info.checker)

    component: str
    checker: str
    file: str
    ok: bool
    output: str = ""


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?B", re.IGNORECASE)
_POWERS = ("", *"KMGTPE")
_RETENTION = (
    "compactor.",
    "limits_config.retention",
    "limits_config.reject_old_samples",
    "limits_config.per_tenant_override_config",
    "runtime_config.",
    "schema_config.",
    "table_manager.",
    "storage.tsdb.retention.",
)
"""Prefixes of the settings that decide how long data is kept."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as `section.key`, in its file and live, None where it is not set; `line` is its line in `file`."""

    key: str
    written: str | None
    live: str | None
    file: str = ""
    line: int | None = None

    @property
    def same(self) -> bool:
        """Whether both mean the same: `168h` is `1w`, `256KB` is 262144 bytes, `false` is not set."""
        return meaning(self.written) == meaning(self.live)

    @property
    def is_retention(self) -> bool:
        """Whether it decides how long data is kept."""
        return self.key.startswith(_RETENTION)


@dataclass(frozen=True, slots=True)
class EffectiveConfig:
    """The settings that the files of one component set, and their values in the running server."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(
        name for name, info in COMPONENTS.items() if info.config_readable
    )

    component: str
    settings: tuple[Setting, ...]

    def differences(self, *, retention: bool) -> Iterator[tuple[Setting, str]]:
        """Each setting that differs, of those on retention or of all others, with the difference in words."""
        for setting in self.settings:
            if not setting.same and setting.is_retention is retention:
                written, live = (f"`{value}`" if value else "not set" for value in (setting.written, setting.live))
                yield setting, f"`{setting.key}` is {written} in the file and {live} in the running {self.component}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML: `settings` maps each key to `[in the file, live]`."""
        data = plain_yaml(text)
        settings = tuple(
            Setting(key, as_text(written), as_text(live)) for key, (written, live) in data["settings"].items()
        )
        return cls(data["component"], settings)


def as_text(value: object) -> str | None:
    """A YAML value as it is written in a file; None for nothing."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def meaning(text: str | None) -> object:
    """What a setting means, however it is written; None for nothing, which servers show as zero or leave out."""
    if text is None or text.strip() in ("", "[]", "{}", "false"):
        return None
    text = text.strip()
    if text[0] in "[{":
        with contextlib.suppress(ConfigError):
            return _nested(read_yaml(text).data)
    size = _SIZE.fullmatch(text)
    if size:
        return float(size[1]) * 1024 ** _POWERS.index(size[2].upper())
    try:
        return float(text) or None
    except ValueError:
        pass
    duration = seconds(text)
    if duration is None:
        return text
    return ("duration", duration) if duration else None


def _nested(value: object) -> object:
    """What a list or mapping means, whatever the order of its keys; what is not set counts as left out."""
    if isinstance(value, Mapping):
        return {key: inner for key, one in value.items() if (inner := _nested(one)) is not None} or None
    if isinstance(value, list):
        return [_nested(one) for one in value] or None
    return meaning(as_text(value))


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
    """Every value of a configuration with its path; an empty list or mapping is a value."""
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, str(key)))
    elif isinstance(data, list) and data:
        for position, value in enumerate(data):
            yield from leaves(value, (*path, position))
    else:
        yield path, as_text(data)


def at(data: Any, path: tuple[str | int, ...]) -> str | None:
    """The value at `path`, None where there is none."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return as_text(data)


def varies(text: str | None) -> bool:
    """Whether a value holds a variable, so that each site may have its own."""
    return bool(text and variables(text))
