"""Where alerts go: which routes none reaches, and which names in matchers no alert has."""

import difflib
import re
from collections.abc import Iterable, Iterator

from promql_parser import AggregateExpr, BinaryExpr, VectorSelector

from stack.records.alerts.alertmanager import AlertmanagerConfig, Inhibition, Route
from stack.records.alerts.labels import AlertLabels, LabelMatcher, contradiction, covered
from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql import matchers, nodes
from suites.alerts.helpers.conditions import always_holds

USUAL = frozenset({"alertname", "severity", "job", "instance", "service", "system", "owner", "team"})
"""Labels that alerts usually have, whatever their rules say."""

_DEAD_MAN = re.compile(r"(?i)dead_?-?mans?_?-?(s(witch|nitch)|switch)|watchdog|always_?firing")


def unreachable(route: Route) -> Iterator[tuple[Route, str]]:
    """Every route that no alert reaches, with the reason."""
    for above, parent in route.walk():
        inherited = tuple(matcher for one in (*above, parent) for matcher in one.matchers)
        earlier: list[Route] = []
        for child in parent.routes:
            wanted = (*inherited, *child.matchers)
            if label := contradiction(wanted):
                yield child, f"no value of `{label}` fulfils its own matchers and those of the routes above it"
            elif takers := covered(wanted, tuple(one.matchers for one in earlier)):
                names = " and ".join(f"`{earlier[at].path}` ({earlier[at].name})" for at in takers)
                yield child, f"{names} before it takes every alert that it is for, and has no `continue`"
            if not child.continues:
                earlier.append(child)


def dead_mans_switches(config: AlertmanagerConfig) -> dict[str, AlertLabels]:
    """The alerts that always fire, with their labels: those of the rule files, and those that matchers name."""
    found = {rule.name: rule.alert_labels for rule in config.alerts or () if always_fires(rule)}
    for _, route in config.route.walk() if config.route else ():
        for one in route.matchers:
            for value in (one.values or ()) if one.name == "alertname" else ():
                if _DEAD_MAN.fullmatch(value):
                    found.setdefault(value, AlertLabels({"alertname": value}))
    return found


def all_matchers(config: AlertmanagerConfig) -> Iterator[tuple[str, int | None, LabelMatcher]]:
    """Every matcher of the file, with what it belongs to and its line."""
    for _, route in config.route.walk() if config.route else ():
        yield from ((f"the route {route.name}", route.line, one) for one in route.matchers)
    for inhibition in config.inhibitions:
        yield from ((inhibition.name, inhibition.line, one) for one in (*inhibition.source, *inhibition.target))


def known_labels(alerts: Iterable[AlertRule]) -> set[str]:
    """Every label that alerts have or that their expressions mention."""
    found = set(USUAL)
    for alert in alerts:
        found |= set(alert.alert_labels.values)
        for node in nodes(alert.promql.tree):
            if isinstance(node, VectorSelector):
                found |= {one.name for one in matchers(node)}
            elif isinstance(node, AggregateExpr) and node.modifier is not None:
                found |= set(node.modifier.labels)
            elif isinstance(node, BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
                found |= set(node.modifier.matching.labels)
        found |= set(re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations.values())))
        found |= {name for selector in alert.logql.selectors for name in (one.name for one in selector)}
    return found


def known_values(alerts: Iterable[AlertRule], name: str) -> set[str]:
    """The values that a label has in all alerts, empty where one of them is not known."""
    values = {alert.alert_labels.values.get(name, "") for alert in alerts}
    return set() if None in values else {value for value in values if value}


def misspelt(name: str, known: Iterable[str]) -> str:
    """The known name that another is a misspelling of, empty where it is none."""
    others = list(known)
    if name in others or len(name) < 4:
        return ""
    close = difflib.get_close_matches(name, others, 1, 0.85)
    return close[0] if close and not close[0].startswith(name) and not name.startswith(close[0]) else ""


def hidden_pair(inhibition: Inhibition, alerts: Iterable[AlertRule]) -> tuple[AlertRule, AlertRule] | None:
    """Two alerts of which one hides the other although they have none of the labels that are compared."""
    listed = list(alerts)
    sources = [one for one in listed if _certain(inhibition.source, one) and _lacks_all(one, inhibition.equal)]
    targets = [one for one in listed if _certain(inhibition.target, one) and _lacks_all(one, inhibition.equal)]
    return next(((one, other) for one in sources for other in targets if one.name != other.name), None)


def known_pair(inhibition: Inhibition, alerts: Iterable[AlertRule]) -> bool:
    """Whether of two alerts that are certainly its source and target it is known if one hides the other so."""
    listed = list(alerts)
    return any(
        one.name != other.name
        and (
            any(name in {**one.alert_labels.values, **other.alert_labels.values} for name in inhibition.equal)
            or (one.alert_labels.closed and other.alert_labels.closed)
        )
        for one in listed
        if _certain(inhibition.source, one)
        for other in listed
        if _certain(inhibition.target, other)
    )


def _certain(wanted: tuple[LabelMatcher, ...], alert: AlertRule) -> bool:
    return all(one.matches(alert.alert_labels) for one in wanted)


def _lacks_all(alert: AlertRule, names: tuple[str, ...]) -> bool:
    return all(alert.alert_labels.lacks(name) for name in names)


def always_fires(alert: AlertRule) -> bool:
    """Whether an alert is a dead man's switch."""
    return alert.promql.tree is not None and always_holds(alert.promql.tree)


def names(route: Route) -> bool:
    """Whether a route is for alerts that it names, so that dropping them is meant."""
    return any(matcher.name == "alertname" for matcher in route.matchers)
