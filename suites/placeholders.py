"""Fills the placeholders of a service's command line and environment: `{port}`, `{log_file}`, `{binary:redis}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([a-z_]+)(?::([A-Za-z0-9_.-]+))?\}")


class CannotFill(Exception):  # noqa: N818  # says what is missing on this machine, not that something broke
    """A placeholder has no value here; the text names it and says why."""


def fill(template: str, plain: Mapping[str, str], named: Mapping[str, Callable[[str], str]]) -> str:
    """Replace `{name}` from `plain` and `{name:argument}` by calling `named[name]`; `{{` and `}}` are plain braces.

    Raises:
        CannotFill: a placeholder that neither mapping knows, or whose function raises it.

    """

    def value(match: re.Match[str]) -> str:
        text, name, argument = match[0], match[1], match[2]
        if text in ("{{", "}}"):
            return text[0]
        if argument is not None and name in named:
            return named[name](argument)
        if argument is None and name in plain:
            return plain[name]
        raise CannotFill(f"the placeholder {text} has no value here; known are {_known(plain, named)}")

    return PLACEHOLDER.sub(value, template)


def _known(plain: Mapping[str, str], named: Mapping[str, object]) -> str:
    return ", ".join([f"{{{name}}}" for name in plain] + [f"{{{name}:NAME}}" for name in named])
