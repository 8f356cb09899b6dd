"""The Go templates that `template` stages use: text, fields, pipes and a handful of functions on strings.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/template/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from stack.embedded.refusal import ConfigError, NotSimulated

_ACTION = re.compile(r"(?P<trim>\s*\{\{-\s|\{\{)(?P<code>.*?)(?P<end>\s-\}\}\s*|\}\})", re.DOTALL)
_WORD = re.compile(r'\s*(?:(?P<field>\.[A-Za-z_]\w*)|(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>-?\d+)'
                   r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>[|()]))")  # fmt: skip
_ESCAPED = re.compile(r"\\(.)")


class TemplateFailed(Exception):  # noqa: N818  # Go's word: execution failed
    """The template cannot be executed on these values; the stage then changes nothing."""


def _lower(text: str) -> str:
    # Go changes rune by rune: no character becomes two, and no sigma looks at its neighbours.
    return "".join("i" if sign == "İ" else lowered if len(lowered := sign.lower()) == 1 else sign for sign in text)


def _upper(text: str) -> str:
    return "".join(raised if len(raised := sign.upper()) == 1 else sign for sign in text)


def _replace(text: str, old: str, new: str, count: int) -> str:
    return text.replace(old, new, count) if old else text


_FUNCTIONS: dict[str, tuple[int, Callable[..., str]]] = {
    "ToLower": (1, _lower),
    "ToUpper": (1, _upper),
    "lower": (1, _lower),
    "upper": (1, _upper),
    "TrimSpace": (1, lambda text: text.strip("\t\n\v\f\r \x85\xa0")),
    "Trim": (2, lambda text, cutset: text.strip(cutset)),
    "TrimPrefix": (2, lambda text, prefix: text.removeprefix(prefix)),
    "TrimSuffix": (2, lambda text, suffix: text.removesuffix(suffix)),
    "Replace": (4, _replace),
}

Values = Mapping[str, str]
Value = str | int | None
Code = Callable[[Values], Value]


class Template:
    """A compiled template. `render` fills it; raises `TemplateFailed` where Go's execution would fail."""

    def __init__(self, text: str, where: str) -> None:
        self._where = f"{where}: `{text}`"
        self._parts: list[str | Code] = []
        at = 0
        for match in _ACTION.finditer(text):
            self._parts.append(text[at : match.start()])
            self._parts.append(self._compile(match["code"]))
            at = match.end()
        if "{{" in text[at:]:
            raise ConfigError(f"{self._where}: an action is not closed")
        self._parts.append(text[at:])

    def render(self, values: Values) -> str:
        """Fill the template. A field that is not there prints as `<no value>`."""
        shown = []
        for part in self._parts:
            value = part if isinstance(part, str) else part(values)
            shown.append("<no value>" if value is None else str(value))
        return "".join(shown)

    def _compile(self, code: str) -> Code:
        words, at = [], 0
        code = code.strip()
        while at < len(code):
            match = _WORD.match(code, at)
            if match is None:
                raise NotSimulated(f"{self._where}: the template action")
            words.append(match)
            at = match.end()
        compiled, rest = self._pipeline(words)
        if rest:
            raise ConfigError(f"{self._where}: unexpected `{rest[0].group().strip()}`")
        return compiled

    def _pipeline(self, words: list[re.Match[str]]) -> tuple[Code, list[re.Match[str]]]:
        code, words = self._command(words, None)
        while words and words[0]["sign"] == "|":
            code, words = self._command(words[1:], code)
        return code, words

    def _command(self, words: list[re.Match[str]], piped: Code | None) -> tuple[Code, list[re.Match[str]]]:
        name = words[0]["name"] if words else None
        if name is None:
            operand, words = self._operand(words)
            if piped is not None:
                raise ConfigError(f"{self._where}: only a function can stand after `|`")
            return operand, words
        if name not in _FUNCTIONS:
            raise NotSimulated(f"{self._where}: `{name}` in a template")
        arguments: list[Code] = []
        words = words[1:]
        while words and words[0]["sign"] not in {"|", ")"}:
            operand, words = self._operand(words)
            arguments.append(operand)
        if piped is not None:
            arguments.append(piped)
        count, function = _FUNCTIONS[name]
        if len(arguments) != count:
            raise ConfigError(f"{self._where}: `{name}` takes {count} arguments, {len(arguments)} are given")
        return lambda values: _call(function, [argument(values) for argument in arguments]), words

    def _operand(self, words: list[re.Match[str]]) -> tuple[Code, list[re.Match[str]]]:
        if not words:
            raise ConfigError(f"{self._where}: a value is missing")
        word, rest = words[0], words[1:]
        if word["sign"] == "(":
            inner, rest = self._pipeline(rest)
            if not rest or rest[0]["sign"] != ")":
                raise ConfigError(f"{self._where}: a bracket is not closed")
            return inner, rest[1:]
        if word["field"]:
            field = word["field"][1:]
            return lambda values: values.get(field), rest
        if word["text"]:
            quoted = word["text"]
            text = quoted[1:-1] if quoted[0] == "`" else _ESCAPED.sub(r"\1", quoted[1:-1])
            return lambda _: text, rest
        if word["number"]:
            number = int(word["number"])
            return lambda _: number, rest
        raise ConfigError(f"{self._where}: unexpected `{word.group().strip()}`")


def _call(function: Callable[..., str], arguments: list[Value]) -> str:
    if any(argument is None for argument in arguments):
        raise TemplateFailed("a field is missing")
    try:
        return function(*arguments)
    except (TypeError, AttributeError) as wrong:
        raise TemplateFailed(str(wrong)) from wrong
