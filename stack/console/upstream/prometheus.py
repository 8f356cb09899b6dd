"""PromQL for clients: bounded in range and size, and for limited accounts only what stays within their scope.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from typing import Any

import httpx
from promql_parser import Call, MatchOp, NumberLiteral, StringLiteral, VectorSelector

from stack.console.access.scope import Permission
from stack.console.problems import Problem
from stack.console.upstream.client import Upstream
from stack.records.queries.promql import children, nodes, read_tree, selectors

MOST_POINTS = 11_000
"""Prometheus' own limit of points per series."""
MOST_SERIES = 2_000
TIMEOUT = "20s"
LEAVES = (VectorSelector, NumberLiteral, StringLiteral)
"""What has no expression inside, as calls without arguments have none. Anything else may hide a selector."""


class Prometheus(Upstream):
    """One Prometheus."""

    def __init__(self, url: str, http: httpx.AsyncBaseTransport) -> None:
        super().__init__("Prometheus", url, http)

    async def query(self, expression: str, at: float) -> dict[str, Any]:
        """Return `resultType` and `result` of an instant query."""
        return await self._result("query", query=expression, time=at, limit=MOST_SERIES)

    async def query_range(self, expression: str, start: float, end: float, step: float) -> dict[str, Any]:
        """Return `resultType` and `result` of a query over a range.

        Raises:
            Problem: 422 for more points than Prometheus returns.

        """
        if (end - start) / step > MOST_POINTS:
            raise Problem(422, f"more than {MOST_POINTS:,} points per series; take a longer step or a shorter range")
        return await self._result("query_range", query=expression, start=start, end=end, step=step, limit=MOST_SERIES)

    async def rules(self) -> list[dict[str, Any]]:
        """Return the alerting rules, with their groups' names as `group`."""
        groups = (await self.json("GET", "/api/v1/rules", params={"type": "alert"}))["data"]["groups"]
        return [rule | {"group": group["name"]} for group in groups for rule in group["rules"]]

    async def _result(self, what: str, **parameters: Any) -> dict[str, Any]:
        answer = await self.json("POST", f"/api/v1/{what}", data=parameters | {"timeout": TIMEOUT})
        try:
            data: dict[str, Any] = answer["data"]
        except (TypeError, KeyError) as error:
            raise Problem(502, "Prometheus answered without a result") from error
        warnings: list[str] = list(answer.get("warnings", []))
        rows = data.get("result")
        if isinstance(rows, list) and len(rows) > MOST_SERIES:
            # Older servers do not know the limit.
            data, warnings = data | {"result": rows[:MOST_SERIES]}, [*warnings, "results truncated due to limit"]
        return data | {"warnings": warnings}


def check_scope(expression: str, permission: Permission) -> None:
    """Make sure that an expression reads nothing outside of an account's scope.

    Raises:
        Problem: 422, it cannot be parsed; 403, a selector does not name a system or service of the account.

    """
    if permission.everything:
        return
    tree, refused = read_tree(expression)
    if tree is None:
        raise Problem(422, f"the query cannot be read: {refused}")
    for node in nodes(tree):
        # `info` joins with series that no selector names.
        hidden = node.func.name == "info" if isinstance(node, Call) else not children(node)
        if hidden and not isinstance(node, LEAVES):
            what = "info()" if isinstance(node, Call) else type(node).__name__
            raise Problem(422, f"queries with {what} are not open to accounts with a limited scope")
    for selector in selectors(tree):
        named = {one.name: one.value for one in selector.matchers.matchers if one.op == MatchOp.Equal}
        if selector.matchers.or_matchers or not permission.allows(named.get("system", ""), named.get("service", "")):
            raise Problem(403, 'each selector must name a system or service of this account: service="…"')
