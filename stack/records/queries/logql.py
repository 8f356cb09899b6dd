"""LogQL expressions, as far as rules need them: whether they parse, which streams they select, what results they have.

There is no parser of LogQL for Python. This one knows the grammar of Loki 3.6 and is compared with Loki's own answers
(`tests/data/logql.yaml`). Names that it does not know, functions and stages of a newer Loki, are `unknown` and never
an error.

Source: https://grafana.com/docs/loki/latest/query/
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

COUNTING = frozenset({"count_over_time", "bytes_rate", "bytes_over_time"})
UNWRAPPING = frozenset({
    "rate_counter", "sum_over_time", "avg_over_time", "max_over_time", "min_over_time", "stddev_over_time",
    "stdvar_over_time", "quantile_over_time", "first_over_time", "last_over_time",
})  # fmt: skip
GROUPING = UNWRAPPING - {"sum_over_time", "rate_counter"}
"""Functions over a range that take `by` and `without`."""
RANGE_FUNCTIONS = COUNTING | UNWRAPPING | {"rate", "absent_over_time"}
AGGREGATIONS = frozenset({
    "sum", "avg", "max", "min", "count", "stddev", "stdvar", "bottomk", "topk", "approx_topk", "sort", "sort_desc",
})  # fmt: skip
_OF_PROMQL = frozenset({
    "increase", "irate", "delta", "idelta", "deriv", "predict_linear", "histogram_quantile", "histogram_fraction",
    "absent", "changes", "resets", "scalar", "time", "timestamp", "clamp_min", "clamp_max", "label_join",
    "present_over_time",
})  # fmt: skip
"""Functions of PromQL that Loki refuses; one that it may get some day is not among them."""
COMPARISONS = frozenset({"==", "!=", ">", ">=", "<", "<="})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^", "and", "or", "unless"})
_LINE_FILTERS = frozenset({"|=", "|~", "|>", "!=", "!~", "!>"})
_CONVERSIONS = frozenset({"duration", "duration_seconds", "bytes"})

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<text>"(?:\\.|[^"\\\n])*"|`[^`]*`)|(?P<range>\[[^\]"`{}]*\])"""
    r"""|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:[a-zA-Zµ][a-zA-Zµ0-9.]*)?)"""
    r"""|(?P<flag>--[a-z-]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"""
    r"""|(?P<sign>\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{}()|,=<>+\-*/%^])"""
)
_ESCAPE = re.compile(r"""^"(?:\\[abfnrtv\\"'0-7xuU]|[^\\])*\\[^abfnrtv\\"'0-7xuU]""")
_DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w|y))+")


@dataclass(frozen=True, slots=True)
class LogMatcher:
    """One matcher of a stream selector; `value` is the text as Loki reads it."""

    name: str
    sign: str
    value: str

    def __str__(self) -> str:
        """The matcher as it is written."""
        return f'{self.name}{self.sign}"{self.value}"'

    @property
    def may_be_empty(self) -> bool:
        """Whether a stream without the label matches; None of these narrows a selector for Loki."""
        if self.sign in ("=", "!="):
            return (self.value == "") == (self.sign == "=")
        try:
            matches = re.fullmatch(self.value, "") is not None
        except re.error:
            return False
        return matches == (self.sign == "=~")


@dataclass(slots=True)
class LogQuery:
    """What an expression has in it.

    `ranges` are its windows without brackets, `filters` whether each selector is followed by a stage that drops lines,
    `compared` whether a comparison drops results, `metric` whether the result is numbers.
    """

    selectors: list[tuple[LogMatcher, ...]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    metric: bool = False
    compared: bool = False
    absent: bool = False
    error: str = ""
    unknown: str = ""


class _Wrong(Exception):  # noqa: N818  # it ends the reading
    pass


class _Unknown(Exception):  # noqa: N818  # it ends the reading
    pass


@lru_cache(maxsize=4096)
def parse(text: str) -> LogQuery:
    """Read an expression; never raises: `error` says what is certainly wrong, `unknown` what is not known here."""
    query = LogQuery()
    try:
        _Reader(_tokens(text), query).all()
    except _Wrong as wrong:
        query.error = str(wrong)
    except (_Unknown, RecursionError) as unknown:
        query.unknown = str(unknown) or "nested too deeply"
    return query


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] in "\"`'":
                raise _Wrong("a quoted text is not closed" if text[at] != "'" else 'texts stand in `"` or backticks')
            if text[at] == "[":
                raise _Wrong("the range is not closed")
            raise _Unknown(f"`{text[at]}` is not known here")
        if match["text"] and _ESCAPE.search(match["text"]):
            raise _Wrong(f"{match['text']} has an escape that there is not: write patterns in backticks")
        if match.lastgroup:
            found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], query: LogQuery) -> None:
        self.tokens, self.query, self.at = tokens, query, 0

    def all(self) -> None:
        if not self.tokens:
            raise _Wrong("the query is empty")
        self.query.metric = self.binary()
        if self.at < len(self.tokens):
            raise _Wrong(f"unexpected {self.shown()}")

    @property
    def next(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def shown(self) -> str:
        return f"`{self.next}`" if self.kind else "end of the query"

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def skip(self, *texts: str) -> str:
        """Take the next token if it is one of these and no quoted text; returns it, or nothing."""
        return self.take() if self.kind and self.kind != "text" and self.next in texts else ""

    def must(self, text: str, message: str = "") -> None:
        if not self.skip(text):
            raise _Wrong(message or f"expected `{text}`, found {self.shown()}")

    def of_kind(self, kind: str, what: str) -> str:
        if self.kind != kind:
            raise _Wrong(f"expected {what}, found {self.shown()}")
        return self.take()

    def binary(self) -> bool:
        """One or more terms joined by operators; returns whether the result is numbers."""
        metric = self.term()
        while sign := self.skip(*_ARITHMETIC, *COMPARISONS):
            if not metric:
                raise _Wrong(f"`{sign}` needs numbers on both sides, and the left side is log lines")
            if not self.skip("bool") and sign in COMPARISONS:
                self.query.compared = True
            if self.skip("on", "ignoring"):
                self.names()
                if self.skip("group_left", "group_right") and self.next == "(":
                    self.names()
            if not self.term():
                raise _Wrong(f"`{sign}` needs numbers on both sides, and the right side is log lines")
        return metric

    def term(self) -> bool:
        if self.skip("-", "+"):
            self.of_kind("number", "a number after the sign")
            return True
        if self.kind == "number":
            self.take()
            return True
        if self.next == "{":
            self.log()
            return False
        if self.skip("("):
            metric = self.binary()
            self.must(")", f"a parenthesis is not closed before {self.shown()}")
            return metric
        if self.kind != "name":
            raise _Wrong(f"unexpected {self.shown()}")
        return self.call(self.take())

    def call(self, name: str) -> bool:
        if name not in AGGREGATIONS | RANGE_FUNCTIONS | {"label_replace", "vector"}:
            if name in _OF_PROMQL:
                raise _Wrong(f"`{name}` is a function of PromQL, and LogQL has none of that name")
            raise _Unknown(f"the function `{name}` is not known here")
        grouped = self.grouping()
        self.must("(", f"`{name}` needs its argument in parentheses")
        if name in RANGE_FUNCTIONS:
            self.query.absent |= name == "absent_over_time"
            if name == "quantile_over_time":
                self.of_kind("number", "the quantile")
                self.must(",")
            self.range(name)
        elif name == "vector":
            self.skip("-")
            self.of_kind("number", "a number")
        else:
            if name in ("topk", "bottomk", "approx_topk"):
                self.of_kind("number", f"how many `{name}` takes")
                self.must(",")
            if not self.binary():
                raise _Wrong(f"`{name}` needs numbers, and it is given log lines: count them first")
            for _ in range(4 if name == "label_replace" else 0):
                self.must(",")
                self.of_kind("text", "a quoted text")
        self.must(")", f"a parenthesis is not closed before {self.shown()}")
        if not grouped and self.next in ("by", "without"):
            if name in RANGE_FUNCTIONS - GROUPING:
                raise _Wrong(
                    f"`{name}` takes no `{self.next}`: aggregate its result, `sum {self.next} (…) ({name}(…))`"
                )
            self.grouping()
        return True

    def grouping(self) -> bool:
        if not self.skip("by", "without"):
            return False
        self.names()
        return True

    def names(self) -> None:
        self.must("(")
        while self.next != ")":
            self.of_kind("name", "the name of a label")
            if self.next != ")":
                self.must(",")
                if self.next == ")":
                    raise _Wrong("a comma stands before `)`")
        self.must(")")

    def range(self, function: str) -> None:
        """What a range function takes: a selector with stages, and the window after either of them."""
        closing = 0
        while self.skip("("):
            closing += 1
        self.selector()
        unwrapped = self.pipeline()
        for _ in range(closing if self.kind != "range" else 0):
            self.must(")")
            closing -= 1
        if self.kind != "range":
            raise _Wrong(f"`{function}` needs a range, such as `[5m]`, found {self.shown()}")
        window = self.take()[1:-1].strip()
        if not _DURATION.fullmatch(window):
            raise _Wrong(f"`[{window}]` is no range of time")
        self.query.ranges.append(window)
        if self.skip("offset"):
            self.skip("-")
            self.of_kind("number", "a length of time")
        unwrapped |= self.pipeline()
        for _ in range(closing):
            self.must(")")
        if function in UNWRAPPING and not unwrapped:
            raise _Wrong(f"`{function}` needs `| unwrap` with the label that has the numbers")
        if unwrapped and function in COUNTING:
            raise _Wrong(f"`{function}` counts lines, and does not take `unwrap`")

    def log(self) -> None:
        self.selector()
        if self.kind == "range":
            raise _Wrong("a range needs a function around it, such as `count_over_time`")
        if self.pipeline():
            raise _Wrong("`unwrap` needs a function over a range around it, such as `sum_over_time`")

    def selector(self) -> None:
        self.must("{", f"expected a stream selector, found {self.shown()}")
        matchers = []
        while self.next != "}":
            name = self.of_kind("name", "the name of a label")
            sign = self.skip("=", "!=", "=~", "!~")
            if not sign:
                raise _Wrong(f"expected `=`, `!=`, `=~` or `!~` after `{name}`, found {self.shown()}")
            value = unquoted(self.of_kind("text", f"a quoted text after `{name}{sign}`"))
            if sign in ("=~", "!~") and (wrong := _unclosed(value)):
                raise _Wrong(f"`{value}` is no pattern: {wrong}")
            matchers.append(LogMatcher(name, sign, value))
            if not self.skip(","):
                break
            if self.next == "}":
                raise _Wrong("a comma stands before `}`")
        self.must("}", "the stream selector is not closed" if not self.kind else "")
        if all(one.may_be_empty for one in matchers):
            raise _Wrong(
                f"`{{{', '.join(map(str, matchers))}}}` selects every stream: Loki requires one matcher that no empty "
                'text matches, such as `=~".+"`'
            )
        self.query.selectors.append(tuple(matchers))

    def pipeline(self) -> bool:
        """Take the stages that follow; returns whether one of them is `unwrap`."""
        unwrapped = False
        while True:
            if self.kind == "sign" and self.next in _LINE_FILTERS:
                self.take()
                self.filtered()
                while self.skip("or"):
                    self.filtered()
            elif self.skip("|"):
                unwrapped |= self.stage()
            else:
                return unwrapped

    def filtered(self) -> None:
        if self.skip("ip"):
            self.must("(")
            self.of_kind("text", "an address")
            self.must(")")
        else:
            self.of_kind("text", "a quoted text to filter lines by")

    def stage(self) -> bool:
        if self.next == "(":
            self.label_filter()
            return False
        name = self.of_kind("name", "a stage after `|`")
        following = self.next if self.kind == "sign" else ""
        if following in ("=", "!=", "=~", "!~", *COMPARISONS):
            self.at -= 1
            self.label_filter()
            return False
        match name:
            case "json" | "logfmt":
                while self.kind == "flag":
                    self.take()
                self.assigned(optional=True)
            case "regexp" | "pattern" | "line_format":
                text = unquoted(self.of_kind("text", f"a quoted text after `{name}`"))
                named = {"regexp": r"\(\?P?<\w+>", "pattern": r"<[A-Za-z_]\w*>|<_>"}.get(name, "")
                if not re.search(named, text) or (name == "pattern" and not re.search(r"<(?!_>)\w+>", text)):
                    raise _Wrong(f"`{name}` needs a part with a name, `{text}` has none")
            case "label_format":
                self.assigned(optional=False)
            case "unpack" | "decolorize":
                pass
            case "drop" | "keep":
                self.dropped()
            case "unwrap":
                label = self.of_kind("name", "the label to unwrap")
                if self.skip("("):
                    if label not in _CONVERSIONS:
                        raise _Unknown(f"the conversion `{label}` is not known here")
                    self.of_kind("name", "the label to unwrap")
                    self.must(")")
                return True
            case _:
                raise _Unknown(f"the stage `{name}` is not known here")
        return False

    def assigned(self, *, optional: bool) -> None:
        if optional and self.kind != "name":
            return
        while True:
            self.of_kind("name", "the name of a label")
            if self.skip("="):
                if self.kind not in ("text", "name"):
                    raise _Wrong(f"expected a value, found {self.shown()}")
                self.take()
            elif not optional:
                raise _Wrong(f"expected `=`, found {self.shown()}")
            if not self.skip(","):
                return

    def dropped(self) -> None:
        while True:
            self.of_kind("name", "the name of a label")
            if self.skip("=", "!=", "=~", "!~"):
                self.of_kind("text", "a quoted text")
            if not self.skip(","):
                return

    def label_filter(self) -> None:
        while True:
            if self.skip("("):
                self.label_filter()
                self.must(")")
            else:
                self.compared()
            joined = self.skip("and", "or", ",")
            if not joined and not (self.kind == "name" and self.tokens[self.at - 1][0] in ("number", "text", "sign")):
                return

    def compared(self) -> None:
        name = self.of_kind("name", "the name of a label")
        sign = self.skip("=", "!=", "=~", "!~", *COMPARISONS)
        if not sign:
            raise _Wrong(f"expected a comparison after `{name}`, found {self.shown()}")
        if self.skip("ip"):
            self.must("(")
            self.of_kind("text", "an address")
            self.must(")")
        elif self.kind == "text":
            if sign in COMPARISONS - {"!="}:
                raise _Wrong(f"`{name}{sign}` compares with a number, not with the text {self.shown()}")
            self.take()
        else:
            if sign in ("=~", "!~"):
                raise _Wrong(f"`{name}{sign}` needs a quoted text, found {self.shown()}")
            self.skip("-")
            self.of_kind("number", f"a value after `{name}{sign}`")


def _unclosed(pattern: str) -> str:
    """Why a pattern is none, if that is a bracket that is not closed; in other respects Go's patterns differ."""
    try:
        re.compile(pattern)
    except re.error as wrong:
        return wrong.msg if wrong.msg.startswith(("missing )", "unterminated character set", "unbalanced")) else ""
    except RecursionError:
        return ""
    return ""


def unquoted(text: str) -> str:
    """The text between quotes, escapes resolved as far as they matter to a pattern."""
    if text.startswith("`"):
        return text[1:-1]
    return re.sub(r"\\(.)", lambda match: match[1], text[1:-1])
