"""Typed access to one stage's settings: what is missing or of the wrong type is an error that names the place."""

from typing import Any

from stack.embedded.refusal import ConfigError, NotSimulated


class Settings:
    """The settings of one stage; `where` names file, job and stage in messages."""

    def __init__(self, values: Any, where: str, known: str) -> None:
        if values is None:
            values = {}
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: a mapping is expected, found {type(values).__name__}")
        self.where = where
        self._values = values
        unknown = sorted(set(map(str, values)) - set(known.split()))
        if unknown:
            raise NotSimulated(f"{where}: the setting `{unknown[0]}`")

    def text(self, key: str) -> str:
        """Return a setting that has to be there."""
        value = self.optional(key)
        if not value:
            raise ConfigError(f"{self.where}: `{key}` is required")
        return value

    def optional(self, key: str) -> str | None:
        """Return a setting, None where it is not given."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{self.where}: `{key}` has to be text, found {value!r}")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts; a single text counts as a list of one."""
        value = self._values.get(key)
        if isinstance(value, str):
            return [value]
        return names(value or [], f"{self.where}: `{key}`")

    def raw(self, key: str) -> Any:
        """Return a setting as the YAML has it."""
        return self._values.get(key)


def names(value: Any, where: str) -> list[str]:
    """Return a list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: a list of names is expected, found {value!r}")
    return value


def name_map(value: Any, where: str) -> dict[str, str]:
    """Return a mapping of names to texts; a name without text stands for itself."""
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: a mapping is expected, found {value!r}")
    for key, item in value.items():
        if not isinstance(key, str) or not (item is None or isinstance(item, str)):
            raise ConfigError(f"{where}: `{key}: {item}` has to map a name to text")
    return {key: item or key for key, item in value.items()}
