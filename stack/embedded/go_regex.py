r"""Go's regular expressions in Python: the shared syntax is translated, the rest is refused.

What differs and is translated: `$` means the very end of the text, `\d \w \s \b` are ASCII, `\s` has no vertical
tab. Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re

from stack.embedded.refusal import ConfigError, NotSimulated

_SPACE = r"\t\n\f\r "
_ESCAPES = frozenset("dDwWsSbBaftnrvxAz") | frozenset("\\.+*?()|[]{}^$/-'\"`~!@#%&=:;,<> _")
_NOT_GO = {"(?=": "lookahead", "(?!": "lookahead", "(?<=": "lookbehind", "(?<!": "lookbehind"}
_GROUP = re.compile(r"\(\?(?:P?<(?P<name>\w+)>|(?P<flags>[ims]*)(?P<end>[:)]))")
_REPEAT = re.compile(r"\{\d+(?:,\d*)?\}")


def compile_go(expression: str, where: str) -> re.Pattern[str]:
    """Compile `expression` so that it matches what Go's regexp package matches.

    Raises `ConfigError` where Go refuses the expression too, `NotSimulated` where only the stand-in does.
    """
    try:
        return re.compile(_Translation(expression, where).text(), re.ASCII)
    except re.error as wrong:
        raise ConfigError(f"{where}: `{expression}` is not a regular expression: {wrong}") from wrong


def fully_anchored(expression: str, where: str) -> re.Pattern[str]:
    """Compile the expression of a label matcher: it has to match the whole value, and `.` matches newlines too."""
    compile_go(expression, where)
    return compile_go(f"^(?s:{expression})$", where)


class _Translation:
    def __init__(self, expression: str, where: str) -> None:
        self.source = expression
        self.where = where
        self.at = 0

    def text(self) -> str:
        flags, out = "", []
        if self.source.startswith("(?i)"):
            flags, self.at = "(?i)", 4
        while self.at < len(self.source):
            out.append(self._next())
        return flags + "".join(out)

    def _next(self) -> str:
        sign = self.source[self.at]
        if sign == "\\":
            return self._escape(inside=False)
        if sign == "[":
            return self._class()
        if sign == "(":
            return self._group()
        if sign == "{" and not _REPEAT.match(self.source, self.at):
            return self._take(1, r"\{")
        if sign == "$":
            return self._take(1, r"\Z")
        if sign in "*+?}" and self.source[self.at + 1 : self.at + 2] == "+":
            raise self._not_simulated("a repetition of a repetition")
        return self._take(1)

    def _group(self) -> str:
        for start, what in _NOT_GO.items():
            if self.source.startswith(start, self.at):
                raise ConfigError(f"{self.where}: `{self.source}` uses {what}, which Go's expressions do not have")
        if not self.source.startswith("(?", self.at):
            return self._take(1)
        match = _GROUP.match(self.source, self.at)
        if match is None or (match["end"] == ")"):
            raise self._not_simulated("a group with flags")
        shown = f"(?P<{match['name']}>" if match["name"] else match.group()
        return self._take(len(match.group()), shown)

    def _class(self) -> str:
        out = [self._take(1)]
        if self.source.startswith("^", self.at):
            out.append(self._take(1))
        if self.source.startswith("]", self.at):
            out.append(self._take(1, r"\]"))
        while self.at < len(self.source) and self.source[self.at] != "]":
            if self.source.startswith("[:", self.at):
                raise self._not_simulated("a named class")
            if self.source[self.at] == "\\":
                out.append(self._escape(inside=True))
            else:
                out.append(self._take(1, "\\[" if self.source[self.at] == "[" else None))
        return "".join(out) + self._take(1)

    def _escape(self, *, inside: bool) -> str:
        kind = self.source[self.at + 1 : self.at + 2]
        if kind not in _ESCAPES or (inside and kind == "S"):
            raise self._not_simulated(f"`\\{kind}`")
        if kind == "s":
            return self._take(2, _SPACE if inside else f"[{_SPACE}]")
        if kind == "S":
            return self._take(2, f"[^{_SPACE}]")
        if kind == "z":
            return self._take(2, r"\Z")
        return self._take(2)

    def _take(self, length: int, instead: str | None = None) -> str:
        taken = self.source[self.at : self.at + length]
        self.at += length
        return taken if instead is None else instead

    def _not_simulated(self, what: str) -> NotSimulated:
        return NotSimulated(f"{self.where}: {what} in the regular expression `{self.source}`")
