"""Expansion of environment variables in configuration files, as Loki and Promtail do with `-config.expand-env=true`.

Both work on the text of the whole file, comments included, before it is read as YAML. An unset and an empty variable
are the same: the default applies.

Source: https://grafana.com/docs/loki/latest/configure/#use-environment-variables-in-the-configuration
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from stack.embedded.refusal import ConfigError, NotSimulated

_TOKEN = re.compile(r"\$\$|\\[/\\]|\$\{(?P<name>\w+)(?::?[-=](?P<default>[^}]*))?\}|(?P<other>\$\{[^}]*\}?)")


def expand(text: str, environment: Mapping[str, str], file: str) -> str:
    r"""Replace `${NAME}` and `${NAME:-default}`; `$$` stands for one dollar sign, `\\\\` for one backslash.

    Raises `NotSimulated` on the other operations a shell would know, naming `file`.
    """

    def value(match: re.Match[str]) -> str:
        if match["other"]:
            raise NotSimulated(f"{file}: the substitution `{match['other']}`")
        if match["name"] is None:
            return match.group()[1:]
        return environment.get(match["name"], "") or match["default"] or ""

    return _TOKEN.sub(value, text)


def read_config(text: str, environment: Mapping[str, str], file: str) -> dict[str, Any]:
    """Read a server's configuration from `text`; raises `ConfigError` naming file and line."""
    try:
        loaded = yaml.safe_load(expand(text, environment, file))
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 0
        raise ConfigError(f"{file}:{line}: not valid YAML: {broken.problem}") from broken
    except yaml.YAMLError as broken:
        raise ConfigError(f"{file}: not valid YAML: {broken}") from broken
    if not isinstance(loaded, dict):
        raise ConfigError(f"{file}: a mapping of sections is expected, found {type(loaded).__name__}")
    return loaded
