"""The queries of a dashboard before anything runs: with something in place of every variable, so that they parse."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from promql_parser import Expr

from stack.records.dashboards.dashboard import Dashboard, Place
from stack.records.dashboards.panel import Variable, variables_in
from stack.records.queries.logql import LogQuery
from stack.records.queries.logql import parse as parse_logql
from stack.records.queries.promql import Parsed, parse
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable
from suites.dashboards.helpers.interpolate import REFERENCE, name_of

BUILT_IN = {
    "__interval": "1m",
    "__rate_interval": "5m",
    "__range": "1h",
    "__auto": "5m",
    "__interval_ms": "60000",
    "__rate_interval_ms": "300000",
    "__range_ms": "3600000",
    "__range_s": "3600",
    "__from": "1700000000000",
    "__to": "1700003600000",
}
"""Values for the variables of Grafana that queries may have; how long they are does not matter here."""

STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`')
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_VARIABLE_QUERY = re.compile(r"^\s*(label_values|query_result|label_names|metrics)\s*\((.*)\)\s*$", re.DOTALL)
_LAST_LABEL = re.compile(r"^(.*),\s*(?:\$?\w+|\$\{\w+(?::\w+)?\}|\[\[\w+\]\]|\"[^\"]+\")\s*$", re.DOTALL)


def promql(dashboard: Dashboard) -> Iterator[tuple[Place, Parsed]]:
    """Every PromQL expression of a dashboard, parsed; raises NotApplicable where there is none."""
    variables = variables_in(dashboard.variables)
    for place, expr in queries_of(dashboard, "prometheus"):
        yield place, parsed(expr, variables, parse)


def logql(dashboard: Dashboard) -> Iterator[tuple[Place, LogQuery]]:
    """Every LogQL expression of a dashboard, parsed; raises NotApplicable where there is none."""
    variables = variables_in(dashboard.variables)
    for place, expr in queries_of(dashboard, "loki"):
        yield place, parsed(expr, variables, parse_logql)


def parsed_queries(dashboard: Dashboard) -> Iterator[tuple[Place, Parsed | LogQuery]]:
    """Every query for Prometheus and for Loki, parsed."""
    for parsed_of in (promql, logql):
        with suppress(NotApplicable):
            yield from parsed_of(dashboard)


def parsed_promql(
    dashboard: Dashboard, parts: Callable[[Expr], Iterator[object]] | None = None, kind: str = ""
) -> Iterator[tuple[Place, Expr]]:
    """Those that could be parsed; raises NotApplicable where there is none, or none has parts of a kind."""
    found = [(place, one.tree) for place, one in promql(dashboard) if one.tree is not None]
    if not found:
        raise NotApplicable(f"no query of {dashboard.file} for prometheus could be parsed")
    if parts is not None and not any(True for _, tree in found for _ in parts(tree)):
        raise NotApplicable(f"no query of {dashboard.file} has {kind}")
    yield from found


def queries_of(dashboard: Dashboard, kind: str) -> list[tuple[Place, str]]:
    """The expressions for datasources of a type: of a variable's query, what is inside its function.

    Raises:
        NotApplicable: there is none.

    """
    found = []
    for place in dashboard.queries():
        expr = place.expr if place.query or place.name.startswith("annotation") else inner_query(place.expr)
        # Grafana does not send the empty selector of a variable: `label_values({}, job)` has the values of all streams.
        expr = "" if expr.strip() == "{}" and place.query is None else expr
        if expr.strip() and dashboard.datasource_type(place.datasource) == kind:
            found.append((place, expr))
    if not found:
        raise NotApplicable(f"{dashboard.file} has no query for {kind}")
    return found


def inner_query(query: str) -> str:
    """The selector or expression inside a variable's query, empty where it has none (`metrics(…)` is a pattern)."""
    match = _VARIABLE_QUERY.match(query)
    if not match or match[1] in ("label_names", "metrics"):
        return ""
    if match[1] == "query_result":
        return match[2]
    inner = _LAST_LABEL.match(match[2])
    return inner[1] if inner else ""


Outcome = TypeVar("Outcome", Parsed, LogQuery)


def parsed(expr: str, variables: Mapping[str, Variable], read: Callable[[str], Outcome]) -> Outcome:
    """Parse an expression with the first values for its variables with which it is one.

    What they will be is not known: where none of the values gives an expression, that is not the expression's fault.
    """
    found = None
    for value in _candidates(expr, variables):
        found = read(value)
        if not (found.error or found.unknown):
            return found
    assert found is not None  # noqa: S101  # there is one candidate at least
    if found.error and free_variables(expr):
        return replace(found, error="", unknown=found.error)
    return found


def with_values(expr: str, value_of: Mapping[str, str], default: str = "") -> str:
    """Put values in place of variables outside of strings, and marks (`⟦job⟧`) inside of them."""

    def outside(match: re.Match[str]) -> str:
        name = name_of(match)
        return BUILT_IN.get(name, value_of.get(name, default or f"var_{name}"))

    def inside(match: re.Match[str]) -> str:
        name = name_of(match)
        escaped = match.string[match.start() - 1 : match.start()] == "\\"
        return match.group() if name[0].isdigit() or escaped else f"⟦{name}⟧"

    parts, end = [], 0
    for string in STRING.finditer(expr):
        parts += [REFERENCE.sub(outside, expr[end : string.start()]), REFERENCE.sub(inside, string.group())]
        end = string.end()
    return "".join((*parts, REFERENCE.sub(outside, expr[end:])))


def _candidates(expr: str, variables: Mapping[str, Variable]) -> Iterator[str]:
    saved = {name: one.current[0] for name, one in variables.items() if one.current and one.current[0] != "$__all"}
    first = {
        name: one.query.split(",")[0].strip() for name, one in variables.items() if one.type in ("custom", "interval")
    }
    yield with_values(expr, {**first, **{name: value for name, value in saved.items() if value not in ("", "auto")}})
    free = free_variables(expr)
    for default in ("", "5m", "1", "5") if free else ():
        in_brackets = re.sub(r"\[\s*(\$\w+|\$\{\w+(?::\w+)?\}|\[\[\w+\]\])\s*(?=[\]:])", "[5m", expr)
        yield with_values(in_brackets, first, default)
        yield with_values(in_brackets, {}, default)


def free_variables(expr: str) -> set[str]:
    """The variables outside of strings that are not Grafana's own."""
    return {name_of(match) for match in REFERENCE.finditer(STRING.sub('""', expr))} - BUILT_IN.keys()


def mentioned(expr: str) -> Iterator[str]:
    """The variables that a query mentions, those in the templates of LogQL (`{{ $x }}`) left out."""
    text = _TEMPLATE.sub("", expr)
    for match in REFERENCE.finditer(text):
        # `$1` is a group of `label_replace`, and `\\$SYS` a dollar sign that a pattern looks for.
        if not name_of(match)[0].isdigit() and text[match.start() - 1 : match.start()] != "\\":
            yield name_of(match)


def finding(dashboard: Dashboard, place: Place, message: str, hint: str) -> Finding:
    """A finding about one query, which names the file and the place in it."""
    where = Where(file=dashboard.at(place.path), panel=place.panel, excerpt=place.expr)
    return Finding(f"{place.name}: {message}", where, hint)


def faults(dashboard: Dashboard, found: Iterable[tuple[Place, Iterable[tuple[str, str]]]]) -> Iterator[Finding]:
    """Findings from the faults of each query, each once per query."""
    for place, wrong in found:
        for message, hint in dict.fromkeys(wrong):
            yield finding(dashboard, place, message, hint)


def windows(expr: str) -> list[str]:
    """The windows of an expression as they are written, without brackets."""
    return [window.strip() for window in re.findall(r"\[([^\[\]]+)\]", STRING.sub('""', expr))]
