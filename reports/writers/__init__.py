"""The formats of a report: one module each, which turns the report dictionary into text and touches no file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reports.writers import badges, html_writer, json_writer, junit, markdown, openmetrics, sarif

Writer = Callable[[Mapping[str, Any]], str | Iterator[str] | Mapping[str, str]]
WRITERS: dict[str, Writer] = {
    "report.json": json_writer.parts,  # first: every other format can be made from it again
    "junit.xml": junit.parts,
    "summary.md": markdown.render,
    "index.html": html_writer.render,
    "conformance.sarif": sarif.render,
    "conformance.prom": openmetrics.render,
    "badges/*.svg": badges.render,
}
"""Every format by the name of its file; one of several files gives the text of each by what `*` is for it.

One that grows with the number of verdicts gives its text in parts.

The terminal's and GitHub's annotations are not among them: they are no files.
"""


def files(name: str, report: Mapping[str, Any]) -> dict[str, Iterable[str]]:
    """The files of one format by name, with the parts of their text."""
    text = WRITERS[name](report)
    if isinstance(text, Mapping):
        return {name.replace("*", part): [each] for part, each in text.items()}
    return {name: [text] if isinstance(text, str) else text}
