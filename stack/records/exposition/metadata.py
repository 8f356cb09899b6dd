"""Reads the lines that begin with `#`: TYPE, HELP, UNIT, `# EOF`, and comments."""

import re

from stack.records.exposition.family import TYPES, Families, FamilyDraft
from stack.records.exposition.grammar import NAME, unescape, unescape_help
from stack.records.exposition.model import Format

_STRICT = re.compile(r'# (TYPE|HELP|UNIT)(?: (|"(?:[^"\\]|\\.)*+"|[^ "][^ ]*+)(?: (.*+))?)?', re.DOTALL)
_NAME_PART = r'[ \t]++("(?:[^"\\]|\\.)*+"|[^ \t"][^ \t]*+)'
_LENIENT = re.compile(rf"#[ \t]*+(TYPE|HELP)(?:{_NAME_PART}(?:[ \t](.*+))?|[ \t]*+)", re.DOTALL)
_MISSPACED = re.compile(rf"#[ \t]*+(TYPE|HELP|UNIT)(?:{_NAME_PART}(?:[ \t]++(.*+))?)?", re.DOTALL)
_UNREADABLE = re.compile(r"#[ \t]++(TYPE|HELP)[ \t]", re.DOTALL)
_EOF_LIKE = re.compile(r"#\s*+EOF\s*+", re.IGNORECASE)
_BAD_TEXT_ESCAPE = re.compile(r"(?:[^\\]++|\\[\\n])*+(\\.?)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"(?:[^\\]++|\\.)*+(\\$)", re.DOTALL)  # all parsers take a bare quote, against the ABNF


def read_hash_line(families: Families, line: str, at: int) -> None:
    """Read one line that begins with `#` into its family."""
    openmetrics = families.format is Format.OPENMETRICS
    found = (_STRICT if openmetrics else _LENIENT).fullmatch(line)
    if openmetrics and line != "# EOF" and (found is None or found[2] == ""):
        found = _MISSPACED.fullmatch(line)
        if found is None and not _EOF_LIKE.fullmatch(line):  # a misspelt end is a `bad_eof`
            families.faults.report("comment", at, excerpt=line)
        elif found is not None and found[2]:
            what = f"{found[1]} line of `{found[2]}` has other blanks than one space between its parts"
            families.faults.report("malformed_metadata", at, what, excerpt=line)
    if found is None:
        if not openmetrics and (begun := _UNREADABLE.match(line)):
            what = f"{begun[1]} line has a quoted name that does not end before the next blank"
            families.faults.report("malformed_metadata", at, what, excerpt=line)
            found = _LENIENT.fullmatch(line.replace('"', "", 1))  # what it says all the same
            if found is not None and not NAME.fullmatch(found[2] or ""):
                found = None
        elif not openmetrics and "\0" in line and (begun := _UNREADABLE.match(line.replace("\0", ""))):
            what = f"{begun[1]} line has a NUL byte in its first word, which Prometheus does not see"
            families.faults.report("malformed_metadata", at, what, excerpt=line)
    if found is None:
        return
    keyword, token, rest = found.groups()
    if not openmetrics and line[1] not in " \t":  # a comment to Prometheus, whatever it says
        if not (
            rest in TYPES[families.format] if keyword == "TYPE" else "_" in (token or "") and NAME.fullmatch(token)
        ):
            return
        what = f"{keyword} line of `{token}` has no blank after `#`, so Prometheus takes it for a comment"
        families.faults.report("malformed_metadata", at, what, excerpt=line)
    if keyword == "TYPE" and token in TYPES[families.format] and not rest and families.named(token) is None:
        families.faults.report(
            "malformed_metadata", at, f"TYPE line leaves out the name before `{token}`", excerpt=line
        )
        draft = families.current
        if draft is None or draft.samples or draft.type_text is not None:
            return
        token, rest = draft.name, token
    name = _name(families, keyword, token, line, at)
    if name is None:
        return
    draft = _draft(families, keyword, name, at)
    if not openmetrics and keyword == "TYPE" and rest:
        rest = _single_spaced(families, rest, line, at)
    if (rest is None and openmetrics) or (not rest and keyword == "TYPE"):
        families.faults.report("malformed_metadata", at, f"{keyword} line of `{name}` has no value", excerpt=line)
    elif keyword == "TYPE":
        _type(families, draft, rest or "", at)
    elif keyword == "UNIT":
        draft.unit = rest or draft.unit
    elif draft.help is None:
        draft.help = _help(families, draft, rest or "", at)


def _single_spaced(families: Families, rest: str, line: str, at: int) -> str:
    """The type without the blanks around it, for which Prometheus refuses the scrape."""
    bare = rest.strip(" \t")
    if bare and rest != bare:
        column = str(len(line) - len(rest) + (1 if rest[0] in " \t" else len(bare) + 1))
        families.faults.report(
            "unparsable", at, "line", "a blank too many beside the type", column=column, excerpt=line
        )
    return bare


def _name(families: Families, keyword: str, token: str | None, line: str, at: int) -> str | None:
    if not token:
        families.faults.report("malformed_metadata", at, f"{keyword} line names no metric", excerpt=line)
        families.nameless_help = at if keyword == "HELP" else 0
        return None
    if token.startswith('"'):
        if "\0" in token:
            families.faults.report("malformed_metadata", at, f"{keyword} line has a NUL byte in its name", excerpt=line)
            return None
        return unescape(token[1:-1])
    if not NAME.fullmatch(token):
        families.faults.report("bad_metric_name", at, token, excerpt=line)
    return token


def _draft(families: Families, keyword: str, name: str, at: int) -> FamilyDraft:
    """The family that the metadata line is about; reports where the line is out of place."""
    draft = families.named(name)
    report = families.faults.report
    if draft is None:
        draft = families.begin(name, at)
    elif keyword in draft.lines:
        if draft.samples:
            draft.again, draft.again_by = (draft.again, draft.again_by) if draft.again else (at, keyword)
        elif not draft.again:
            report("duplicate_metadata", at, name, keyword, name=name, keyword=keyword)
        draft.open = True
        families.switch(draft, at)
    elif draft.samples:
        report("late_metadata", at, keyword, name)
        draft.open = True
        families.switch(draft, at)
    elif draft is not families.current:
        families.switch(draft, at)
    draft.lines.setdefault(keyword, at)
    return draft


def _type(families: Families, draft: FamilyDraft, text: str, at: int) -> None:
    if draft.type_text is not None:
        draft.second_type = draft.second_type or text
        return
    families.owners.setdefault(draft.name, draft)
    draft.type_text = text
    if text not in TYPES[families.format]:
        families.faults.report("unknown_type", at, draft.name, text)
        return
    draft.type = "unknown" if text == "untyped" else text
    for sample_name in draft.sample_names():
        early = families.owner(sample_name)
        if early is None or (early is not draft and sample_name == draft.name):
            families.owners[sample_name] = draft
        elif early is not draft and early.samples and early.type_text is None and early.help is None:
            families.faults.report("late_metadata", at, "TYPE", draft.name)
            draft.early += (early,)


def _help(families: Families, draft: FamilyDraft, text: str, at: int) -> str:
    openmetrics = families.format is Format.OPENMETRICS
    found = (_BAD_ESCAPE if openmetrics else _BAD_TEXT_ESCAPE).match(text)
    if found:
        families.faults.report("bad_escape", at, f"the HELP text of `{draft.name}`", found[1], excerpt=text)
    return unescape(text) if openmetrics else unescape_help(text)
