"""Reads the lines that begin with `#`: TYPE, HELP, UNIT, `# EOF`, and comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stack.records.exposition.family import TYPES, FamilyDraft
from stack.records.exposition.grammar import NAME, unescape, unescape_help
from stack.records.exposition.model import Format

if TYPE_CHECKING:
    from stack.records.exposition.parser import Reader

_STRICT = re.compile(r'# (TYPE|HELP|UNIT)(?: (|"(?:[^"\\]|\\.)*+"|[^ "][^ ]*+)(?: (.*+))?)?', re.DOTALL)
_PARTS = r'(?:[ \t]++("(?:[^"\\]|\\.)*+"|[^ \t"][^ \t]*+)(?:[ \t]++(.*+))?)?'
_LENIENT = re.compile(rf"#[ \t]*+(TYPE|HELP){_PARTS}", re.DOTALL)
_MISSPACED = re.compile(rf"#[ \t]*+(TYPE|HELP|UNIT){_PARTS}", re.DOTALL)
_EOF_LIKE = re.compile(r"#\s*+EOF\s*+", re.IGNORECASE)
_BAD_TEXT_ESCAPE = re.compile(r"(?:[^\\]++|\\[\\n])*+(\\.?)", re.DOTALL)
_BAD_ESCAPE = re.compile(r'(?:[^\\"]++|\\.)*+("|\\$)', re.DOTALL)


def read_hash_line(reader: Reader, line: str, at: int) -> None:
    """Read one line that begins with `#` into the family it speaks of."""
    openmetrics = reader.format is Format.OPENMETRICS
    found = (_STRICT if openmetrics else _LENIENT).fullmatch(line)
    if openmetrics and line != "# EOF" and (found is None or found[2] == ""):
        found = _MISSPACED.fullmatch(line)
        if found is None and not _EOF_LIKE.fullmatch(line):  # a misspelt end is told by `openmetrics-eof`
            reader.violations.report("openmetrics-no-comments", at, excerpt=line)
        elif found is not None and found[2]:
            what = f"{found[1]} line of `{found[2]}` has other blanks than one space between its parts"
            reader.violations.report("metadata-syntax", at, what, excerpt=line)
    if found is None:
        return
    keyword, token, rest = found.groups()
    name = _name(reader, keyword, token, line, at)
    if name is None:
        return
    draft = _draft(reader, keyword, name, at)
    if rest is None and (openmetrics or keyword == "TYPE"):
        reader.violations.report("metadata-syntax", at, f"{keyword} line of `{name}` has no value", excerpt=line)
    elif keyword == "TYPE":
        _type(reader, draft, rest or "", at)
    elif keyword == "UNIT":
        draft.unit = rest or draft.unit
    elif draft.help is None:
        draft.help = _help(reader, draft, rest or "", at)


def _name(reader: Reader, keyword: str, token: str | None, line: str, at: int) -> str | None:
    if not token:
        reader.violations.report("metadata-syntax", at, f"{keyword} line names no metric", excerpt=line)
        return None
    if token.startswith('"'):
        return unescape(token[1:-1])
    if not NAME.fullmatch(token):
        reader.violations.report("metric-names", at, token, excerpt=line)
    return token


def _draft(reader: Reader, keyword: str, name: str, at: int) -> FamilyDraft:
    """The family that the metadata line speaks of; tells where the line should not stand where it does."""
    draft = reader.families.get(name)
    report = reader.violations.report
    if draft is None:
        draft = reader.found(name, at)
        reader.switch(draft, at)
    elif keyword in draft.lines:
        if not draft.open and reader.format is Format.OPENMETRICS:
            draft.again = True
            report("openmetrics-family-names-unique", at, name)
        elif not draft.again:
            report("metadata-once", at, keyword, name)
        draft.open = True
        reader.switch(draft, at)
    elif draft.samples:
        report("metadata-before-samples", at, keyword, name)
        draft.open = True
        reader.switch(draft, at)
    elif draft is not reader.current:
        reader.switch(draft, at)
    draft.lines.setdefault(keyword, at)
    return draft


def _type(reader: Reader, draft: FamilyDraft, text: str, at: int) -> None:
    if draft.type_text is not None:
        return
    reader.owners.setdefault(draft.name, draft)
    if reader.format is Format.TEXT:
        text = text.rstrip(" \t")
    draft.type_text = text
    if text not in TYPES[reader.format]:
        reader.violations.report("known-type", at, draft.name, text)
        return
    draft.type = "unknown" if text == "untyped" else text
    for sample_name in draft.sample_names():
        early = reader.owners.get(sample_name)
        if early is None or (early is not draft and sample_name == draft.name):
            reader.owners[sample_name] = draft
        elif early is not draft and early.samples and early.type_text is None and early.help is None:
            reader.violations.report("metadata-before-samples", at, "TYPE", draft.name)
            draft.early.append(early)


def _help(reader: Reader, draft: FamilyDraft, text: str, at: int) -> str:
    openmetrics = reader.format is Format.OPENMETRICS
    found = (_BAD_ESCAPE if openmetrics else _BAD_TEXT_ESCAPE).match(text)
    if found:
        reader.violations.report("escapes", at, f"the HELP text of `{draft.name}`", found[1], excerpt=text)
    return unescape(text) if openmetrics else unescape_help(text)
