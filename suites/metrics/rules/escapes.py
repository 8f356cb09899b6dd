r"""Backslash, double quote and line feed are escaped.

In label values and quoted names they are written `\\`, `\"` and `\n`, in HELP texts of the text format only the
backslash and the line feed. A lone backslash is read in different ways, a lone quote ends the value and fails the
scrape. A quote in a HELP text is no fault: against OpenMetrics' ABNF, every parser takes it. Sections: OpenMetrics
"Escaping" and "ABNF" (which does take a backslash before any other character); text format "Comments, help text, and
type information", "Line format".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# HELP a A \\\\ and a \\n.\na{b="C:\\\\DIR \\"x\\" \\n"} 1\n'),
    Good('# HELP a Say "x".\na 1\n# EOF\n'),
    Good('# HELP a Say \\"x\\".\na{b="\\d"} 1\n# EOF\n'),
    Bad('a{path="C:\\DIR"} 1\n', "label `path` contains `\\D`, which is not escaped"),
    Bad('a{b="say "x""} 1\n', 'label `b` contains `"`, which is not escaped'),
    Bad('a{b="two\nlines"} 1\n', "label `b` contains a line feed, which is not escaped"),
    Bad("# HELP a Match \\d.\n# TYPE a gauge\na 1\n", "the HELP text of `a` contains `\\d`, which is not escaped"),
    Bad("# HELP a C:\\\na 1\n# EOF\n", "the HELP text of `a` contains `\\`, which is not escaped"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#escaping",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_escape",
        lambda fault: f"{fault.subject[0]} contains {_shown(fault.subject[1])}, which is not escaped",
        'escape values before writing them: first `\\` to `\\\\`, then line feeds to `\\n` and quotes to `\\"`',
    )


def _shown(what: str) -> str:
    return what if what == "a line feed" else f"`{what}`"
