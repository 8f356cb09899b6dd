"""The formats of a report: one module each, which turns the report dictionary into text and touches no file."""

from collections.abc import Callable, Mapping
from typing import Any

from reports.writers import html_writer, json_writer, junit, markdown

Writer = Callable[[Mapping[str, Any]], str]
WRITERS: dict[str, Writer] = {
    "report.json": json_writer.render,  # first: every other format can be made from it again
    "junit.xml": junit.render,
    "summary.md": markdown.render,
    "index.html": html_writer.render,
}
"""Every format by the name of its file. The terminal's is not among them: it is no file."""
