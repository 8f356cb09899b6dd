"""Every line is a sample, metadata or a comment.

Prometheus drops the whole scrape for one line it cannot read, so a stray log line, an error page or a broken label
costs all metrics of the service. Sections: text format "Line format" and EBNF; OpenMetrics "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings

HINTS = {
    "that was not decompressed": "compress the body once, in the service or the proxy, and name it in Content-Encoding",
    "UTF-16": "write the body in UTF-8, without a byte order mark",
    "an exemplar": "leave exemplars out of the text format, or send the body as OpenMetrics, which ends with `# EOF`",
}
"""What to do, by words of what is wrong."""


@rule(
    Good('# HELP a Text.\n# TYPE a gauge\na{b="c"} 1\n\n# A comment.\n{"my.metric","label.x"="y"} 1\n'),
    Good('# TYPE a gauge\na{b="c"} 1\n# EOF\n'),
    Bad("<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n", "the body is an HTML page, not an exposition"),
    Bad('a{b="c} 1\n', "the quote of label `b` is not closed, at column 5"),
    Bad("2026-11-24 06:00:00 INFO ready\na 1\n", "a line that is neither a sample nor a comment, at column 1"),
    Bad('a{b="c"d="e"} 1\n', "a comma is missing after label `b`, at column 8"),
    Bad('a 1 # {trace="x"} 1\n', "an exemplar, which this format does not have, at column 5"),
    Bad('a{b="c"} \n', "a sample without a value, at column 9"),
    Bad("b 1\n# A comment.\n7\n", "a line that is neither a sample nor a comment, at column 1"),
    Bad('# TYPE a gauge\n\n{b="c"} 7\n', "a sample without a metric name, at column 8"),
    Bad("# TYPE a  gauge\na 1\n", "a blank too many beside the type, at column 10"),
    Bad('{"a\0b"} 1\n', "a NUL byte in a quoted name, at column 4"),
    Bad("a  1\n# EOF\n", "more or other blanks than the one space between tokens, at column 2"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "unparsable",
        line_message,
        line_hint,
    )


def line_hint(fault: Fault) -> str:
    where, what = fault.subject
    for words, hint in HINTS.items():
        if words in what:
            return hint
    if where == "body":
        return "expose at this path what the client library's own handler writes, and nothing else"
    return 'fix the code that writes this line: `name{label="value"} number`, with one space before the number'


def line_message(fault: Fault) -> str:
    where, what = fault.subject
    return (
        f"the body is {what}, not an exposition" if where == "body" else f"{what}, at column {fault.detail['column']}"
    )
