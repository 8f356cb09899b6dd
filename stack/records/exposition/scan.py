"""Reads a sample line token by token: for lines the fast expressions refuse, to report why.

Where the meaning is still clear (a bad escape, an invalid name) the problem is noted and the sample is kept; where it
is not (a quote that never closes) the line is given up.
"""

import re
from sys import intern

from stack.records.exposition.faults import FaultKind, Faults
from stack.records.exposition.grammar import (
    LABEL_NAME,
    NAME,
    BadTimestampError,
    OtherUnitError,
    is_number,
    milliseconds,
    number,
    seconds,
    unescape,
)
from stack.records.exposition.model import Exemplar, Format, Labels, Sample

_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"')
_BAD_ESCAPE = re.compile(r"(?:[^\\]|\\[\\n\"])*+(\\.?)")
_PAIR_AHEAD = re.compile(r'[a-zA-Z_][a-zA-Z0-9_]*+[ \t]*"?=[ \t]*"')
_BLANKS = re.compile(r"[ \t]*+")
_NAME_TOKEN = re.compile(r"[^ \t{]*+")
_LABEL_TOKEN = re.compile(r'[^=,{}" \t]*+')


class _GivenUp(Exception):  # noqa: N818  # control flow within this file
    """The rest of the line cannot be read."""


def looks_like_sample(rest: str) -> bool:
    """Whether what comes after a bad name could be the rest of a sample: labels, or a number and at most one more."""
    if rest.lstrip(" \t").startswith("{"):
        return True
    tokens = rest.split()
    return 1 <= len(tokens) <= 2 and is_number(tokens[0])  # value and timestamp


def scan(line: str, at: int, fmt: Format, faults: Faults) -> Sample | None:
    """Read the sample on line number `at`; None where none could be made out, and then there is a fault."""
    try:
        return _Scanner(line, at, fmt, faults).sample()
    except _GivenUp:
        return None


class _Scanner:
    def __init__(self, line: str, at: int, fmt: Format, faults: Faults) -> None:
        self.strict = fmt is Format.OPENMETRICS
        self.full_line = line
        self.line = line if self.strict else line.rstrip(" \t")
        self.last_brace = self.line.rfind("}")  # looked for once: a line may have very many labels
        self.number = at
        self.at = 0
        self.faults = faults

    def fault(self, kind: FaultKind, *subject: str, **detail: str) -> None:
        self.faults.report(kind, self.number, *subject, excerpt=self.full_line, **detail)

    def unparsable(self, reason: str, column: int) -> None:
        """The line is no sample; `column` counts from 1."""
        self.fault("unparsable", "line", reason, column=str(column))

    def give_up(self, reason: str, column: int) -> _GivenUp:
        self.unparsable(reason, column)
        return _GivenUp()

    def skip(self) -> None:
        """Pass over blanks, which only the text format allows between tokens."""
        start = self.at
        if self.take(_BLANKS) and self.strict:
            self.unparsable("blanks within the label set or before it", start + 1)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Pass over what the pattern matches here, which may be nothing."""
        found = pattern.match(self.line, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def next(self) -> str:
        return self.line[self.at : self.at + 1]

    def sample(self) -> Sample:
        if not self.strict:
            self.skip()
        name = self.name()
        if self.line[self.at :].lstrip(" \t").startswith("{"):
            self.skip()
        labels: Labels = ()
        if self.next() == "{":
            quoted, labels = self.labels(name)
            name = name or quoted
        if not name:
            raise self.give_up("a sample without a metric name", self.at + 1)
        value, timestamp, exemplar = self.rest(name)
        return Sample(intern(name), labels, value, timestamp, self.number, exemplar)

    def name(self) -> str:
        """The metric name before the braces; empty where the line opens with a brace."""
        if self.next() == "{":
            return ""
        if self.next() == '"':
            raise self.give_up("a quoted metric name outside the braces", self.at + 1)
        start, token = self.at, self.take(_NAME_TOKEN)
        if not token:
            raise self.give_up("a line that begins with a blank", 1)
        if not NAME.fullmatch(token):
            if not looks_like_sample(self.line[self.at :]):
                raise self.give_up("a line that is neither a sample nor a comment", start + 1)
            self.fault("bad_metric_name", token)
        return token

    def labels(self, name: str, *, exemplar: bool = False) -> tuple[str, Labels]:
        """The label set whose opening brace is next; also the quoted metric name in it, or an empty string."""
        self.at += 1
        metric, pairs, after_comma = "", list[tuple[str, str]](), False
        while True:
            self.skip()
            if self.next() == "}":
                if after_comma and self.strict:
                    self.unparsable("a comma before the closing brace", self.at)
                break
            label, quoted = self.label_name()
            self.skip()
            if quoted and self.next() in {",", "}"} and not (name or metric or pairs or exemplar):
                metric = label
            else:
                pairs.append((label, self.label_value(label)))
                self.check_label(label, name or metric, quoted=quoted)
            after_comma = self.separator(label)
        self.at += 1
        return metric, tuple(pairs)

    def label_name(self) -> tuple[str, bool]:
        start = self.at
        if self.next() == '"':
            found = _STRING.match(self.line, start)
            if found is None:
                raise self.give_up("a quoted name is not closed", start + 1)
            self.at = found.end()
            if "\0" in found[1]:
                raise self.give_up("a NUL byte in a quoted name", found.start() + found[0].index("\0") + 1)
            self.check_escapes(found[1], "a name")
            return unescape(found[1]), True
        token = self.take(_LABEL_TOKEN)
        if not token:
            what = "the braces are not closed" if start >= len(self.line) else "a label name is missing"
            raise self.give_up(what, start + 1)
        return token, False

    def check_label(self, label: str, name: str, *, quoted: bool) -> None:
        if not label or (not quoted and not LABEL_NAME.fullmatch(label)):
            self.fault("bad_label_name", label)
        elif label == "__name__" and name:
            self.fault("duplicate_label_name", name, label, series=name)
        elif self.strict and label.startswith("_"):
            self.fault("leading_underscore", "label", label)

    def label_value(self, label: str) -> str:
        if self.next() != "=":
            raise self.give_up(f"label `{label}` has no `=`", self.at + 1)
        self.at += 1
        self.skip()
        if self.next() != '"':
            raise self.give_up(f"the value of label `{label}` is not quoted", self.at + 1)
        found = _STRING.match(self.line, self.at)
        if found is None:
            raise self.give_up(f"the quote of label `{label}` is not closed", self.at + 1)
        self.at = found.end()
        self.check_escapes(found[1], f"label `{label}`")
        return unescape(found[1])

    def check_escapes(self, text: str, where: str) -> None:
        """In the text format only three escapes exist; OpenMetrics' ABNF takes a backslash before any character."""
        if "\n" in text:
            self.fault("bad_escape", where, "a line feed")
        found = None if self.strict or "\\" not in text else _BAD_ESCAPE.match(text)
        if found:
            self.fault("bad_escape", where, found[1])

    def separator(self, label: str) -> bool:
        """Pass over the comma after a pair, if there is one."""
        self.skip()
        if self.next() == ",":
            self.at += 1
            return True
        if self.next() == "}":
            return False
        if self.last_brace < self.at:
            raise self.give_up("the braces are not closed", self.at + 1)
        if _PAIR_AHEAD.match(self.line, self.at):
            self.unparsable(f"a comma is missing after label `{label}`", self.at + 1)
            return True
        self.fault("bad_escape", f"label `{label}`", '"')
        raise _GivenUp

    def rest(self, name: str) -> tuple[float, float | None, Exemplar | None]:
        """Value, timestamp and exemplar."""
        if not self.strict:
            tokens = [token for token in self.line[self.at :].replace("\t", " ").split(" ") if token]
            return self.value(tokens, name), self.milliseconds(tokens, name), None
        main, hash_sign, _ = self.line[self.at :].partition(" # ")
        tokens = self.tokens(main)
        value = self.value(tokens, name)
        timestamp = self.seconds(tokens, name)
        if not hash_sign:
            return value, timestamp, None
        self.at += len(main) + 3
        return value, timestamp, self.exemplar(name)

    def tokens(self, text: str) -> list[str]:
        """The tokens of ` value timestamp`, with exactly one space before each."""
        tokens = text.split(" ")
        if tokens[0]:
            raise self.give_up("no space between the braces and the value", self.at + 1)
        if "" in tokens[1:] or "\t" in text:
            self.unparsable("more or other blanks than the one space between tokens", self.at + 1)
        return [token for token in text.replace("\t", " ").split(" ") if token]

    def value(self, tokens: list[str], name: str) -> float:
        if not tokens:
            raise self.give_up("a sample without a value", len(self.line) + 1)
        if len(tokens) > 2:  # value and timestamp
            exemplar = tokens[1] == "#" or tokens[2] == "#"
            if not is_number(tokens[0]):
                raise self.give_up("a line that is neither a sample nor a comment", 1)
            what = "an exemplar, which this format does not have" if exemplar else "text after the sample"
            raise self.give_up(what, self.line.rfind(tokens[1 if tokens[1] == "#" else 2]) + 1)
        if not is_number(tokens[0]):
            if name.endswith(":"):  # as in `Error: no such file`
                raise self.give_up("a line that is neither a sample nor a comment", 1)
            self.fault("bad_number", name, token=tokens[0])
            raise _GivenUp
        return number(tokens[0])

    def milliseconds(self, tokens: list[str], name: str) -> float | None:
        if len(tokens) == 1:
            return None
        try:
            return milliseconds(tokens[1])
        except OtherUnitError:
            self.fault("timestamp_not_in_milliseconds", name, token=tokens[1])
        except BadTimestampError:
            self.fault("bad_millisecond_timestamp", token=tokens[1])
        return None

    def seconds(self, tokens: list[str], name: str) -> float | None:
        if len(tokens) == 1:
            return None
        try:
            return seconds(tokens[1])
        except OtherUnitError:
            self.fault("timestamp_not_in_seconds", name, token=tokens[1])
        except BadTimestampError:
            self.fault("bad_number", name, token=tokens[1])
        return None

    def exemplar(self, name: str) -> Exemplar | None:
        if self.next() != "{":
            self.fault("malformed_exemplar", name, "it has no label set, not even `{}`")
            return None
        _, labels = self.labels(name, exemplar=True)
        rest = self.line[self.at :]
        tokens = rest.split(" ")[1:]
        if not rest.startswith(" ") or "" in tokens:
            self.fault("malformed_exemplar", name, "it has no value after one space")
        elif len(tokens) > 2:  # value and timestamp
            self.fault("malformed_exemplar", name, "text follows it")
        elif not is_number(tokens[0]):
            self.fault("bad_number", name, token=tokens[0])
        else:
            return Exemplar(labels, number(tokens[0]), self.seconds(tokens, name))
        return None
