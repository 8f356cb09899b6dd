"""Templates in labels and annotations of alerts, and in Alertmanager's messages.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ and
https://prometheus.io/docs/alerting/latest/notifications/
"""

import difflib
import re
from collections.abc import Iterator

_ACTION = re.compile(r"\{\{-?\s*((?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|/\*.*?\*/|.)*?)\s*-?\}\}", re.DOTALL)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|/\*.*?\*/', re.DOTALL)
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_WORD = re.compile(r"(?<![\w.$\"])([A-Za-z]\w*)")
_LABEL = re.compile(r"""(?:\$labels|\.Labels)\.(\w+)|index\s+(?:\$labels|\.Labels)\s+["`](\w+)["`]""")
_CALLED = re.compile(r'^(?:template|block)\s+"([^"]+)"')
_DEFINED = re.compile(r'^(?:define|block)\s+"([^"]+)"')
_CONTROL = ("if", "else", "end", "range", "with", "define", "template", "block", "/*", "break", "continue")
_GIVEN = frozenset({"labels", "externalLabels", "externalURL", "value"})
_OF_GO = (
    "and or not len index slice print printf println html js urlquery call eq ne lt le gt ge "
    "if else end range with define template block break continue nil true false"
)
_OF_PROMETHEUS = (
    "query first label value sortByLabel strvalue humanize humanize1024 humanizeDuration humanizePercentage "
    "humanizeTimestamp toTime toDuration now title toUpper toLower graphLink match reReplaceAll parseDuration "
    "externalURL pathPrefix tableLink args tmpl safeHtml stripPort stripDomain urlQueryEscape"
)
_OF_ALERTMANAGER = (
    "toUpper toLower title trimSpace join match safeHtml safeUrl urlUnescape reReplaceAll stringSlice routeLabels date "
    "tz now since humanizeDuration toDate mustToDate toJson base64encode base64decode list append dict"
)
FUNCTIONS = frozenset(f"{_OF_GO} {_OF_PROMETHEUS}".split())
"""What rules of Prometheus 3.13 may call."""
MESSAGE_FUNCTIONS = frozenset(f"{_OF_GO} {_OF_ALERTMANAGER}".split())
"""What messages of Alertmanager 0.34 may call."""


def actions(text: str) -> list[str]:
    """What stands between the braces of a template."""
    return _ACTION.findall(text)


def shows_value(text: str) -> bool:
    """Whether a template writes the value of the alert; one that only chooses by it does not."""
    return any(
        not action.startswith(_CONTROL) and re.search(r"\$value\b|(?<![\w)])\.Value\b", action)
        for action in actions(text)
    )


def labels_used(text: str) -> list[str]:
    """The labels of the series that a template writes."""
    return [one or other for action in actions(text) for one, other in _LABEL.findall(action)]


def writes_braces(text: str) -> bool:
    """Whether a template writes `{{`: it was escaped for a program that was to expand it first, such as Helm."""
    return any(re.fullmatch(r'["`]\{\{.*["`]', action, re.DOTALL) for action in actions(text))


def called(text: str) -> list[str]:
    """The templates that a text expands by their name."""
    return [match[1] for action in actions(text) if (match := _CALLED.match(action))]


def defined(text: str) -> list[str]:
    """The templates that a text defines."""
    return [match[1] for action in actions(text) if (match := _DEFINED.match(action))]


def problems(text: str, functions: frozenset[str] = FUNCTIONS, given: frozenset[str] = _GIVEN) -> Iterator[str]:
    """Why a template is refused, as far as that is certain."""
    if "{{" in _ACTION.sub("", text):
        yield "an action is not closed with `}}`"
    known = set(given)
    for action in actions(text):
        inner = _QUOTED.sub('""', action)
        assigned = inner.partition(":=")[0] if ":=" in inner else ""
        known |= set(_VARIABLE.findall(assigned))
        for name in _VARIABLE.findall(inner):
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                yield f"the variable `${name}` is not defined" + (f"; did you mean `${close[0]}`?" if close else "")
        for name in _WORD.findall(inner):
            if name not in functions:
                close = difflib.get_close_matches(name, functions, 1, 0.8)
                yield f"there is no function `{name}`" + (f"; did you mean `{close[0]}`?" if close else "")
