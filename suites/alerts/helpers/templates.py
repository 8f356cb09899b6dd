"""Templates in labels and annotations of alerts.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

import difflib
import re
from collections.abc import Iterator

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_WORD = re.compile(r"(?<![\w.$\"])([A-Za-z]\w*)")
_LABEL = re.compile(r"""(?:\$labels|\.Labels)\.(\w+)|index\s+(?:\$labels|\.Labels)\s+["`](\w+)["`]""")
_CONTROL = ("if", "else", "end", "range", "with", "define", "template", "block", "/*", "break", "continue")
_GIVEN = frozenset({"labels", "externalLabels", "externalURL", "value"})
_FUNCTIONS = (
    "query first label value sortByLabel strvalue humanize humanize1024 humanizeDuration humanizePercentage "
    "humanizeTimestamp toTime toDuration now title toUpper toLower graphLink match reReplaceAll parseDuration "
    "externalURL pathPrefix tableLink args tmpl safeHtml stripPort stripDomain and or not len index slice print "
    "printf println html js urlquery call eq ne lt le gt ge if else end range with define template block nil true false"
)
FUNCTIONS = frozenset(_FUNCTIONS.split())


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


def problems(text: str) -> Iterator[str]:
    """Why Prometheus refuses a template, as far as that is certain."""
    if text.count("{{") > len(actions(text)):
        yield "an action is not closed with `}}`"
    known = set(_GIVEN)
    for action in actions(text):
        inner = _QUOTED.sub('""', action)
        assigned = inner.partition(":=")[0] if ":=" in inner else ""
        known |= set(_VARIABLE.findall(assigned))
        for name in _VARIABLE.findall(inner):
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                yield f"the variable `${name}` is not defined" + (f"; did you mean `${close[0]}`?" if close else "")
        for name in _WORD.findall(inner):
            close = difflib.get_close_matches(name, FUNCTIONS, 1, 0.8)
            if name not in FUNCTIONS and close:
                yield f"there is no function `{name}`; did you mean `{close[0]}`?"
