"""The part of Go's regular expressions that means the same in Python; the rest is refused.

Source: https://github.com/google/re2/wiki/Syntax
"""

import re

from stack.embedded.refusal import ConfigError, NotSimulated

_TOKEN = re.compile(
    r"\\(?:[d!-/:-@\[-`{-~ ]|x[0-9a-f]{2})|\[\^?(?:[^\]\\\[]|\\(?:\]|x[0-9a-f]{2}))+\]|"
    r"\((?:\?(?:P<\w+>|:|i:)|(?!\?))|[)|^$.]|[*+?](?!\+)|\{\d+(?:,\d*)?\}(?!\+)|[^\\\[\](){}*+?]"
)


def compile_go(expression: str, where: str, flags: re.RegexFlag = re.ASCII) -> re.Pattern[str]:
    r"""Compile `expression` so that it matches what Go's regexp package matches.

    Raises:
        NotSimulated: it has more than literals, `\d`, plain classes, groups, repetitions and anchors.
        ConfigError: it is no regular expression.

    """
    translated, at = "", 0
    while at < len(expression):
        token = _TOKEN.match(expression, at)
        if token is None:
            raise NotSimulated(f"{where}: `{expression[at : at + 4]}` in the regular expression `{expression}`")
        translated += r"\Z" if token[0] == "$" else token[0]  # Python's `$` also matches before a last newline
        at = token.end()
    try:
        return re.compile(translated, flags | re.ASCII)
    except re.error as wrong:
        raise ConfigError(f"{where}: `{expression}` is not a regular expression: {wrong}") from wrong
