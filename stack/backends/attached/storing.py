"""Whether a running Prometheus stores what it scrapes: on a full disk it answers queries, and every target is up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from stack.eventually import eventually

LATE_S = 30.0
"""How much older than the last scrape the newest sample may be, in seconds."""
PATIENCE_S = 5.0
"""A scrape is reported a moment before its samples can be read."""
NEWEST = "max(timestamp(up))"


def not_storing(http: httpx.Client, base: str) -> str | None:
    """Why a Prometheus that scrapes has no samples of it; None where it has, or where that cannot be known.

    Its own metrics cannot tell, since they are not stored either; rules that fail for it name the cause.
    """
    try:
        if _value(http, base, f"time() - {NEWEST}", missing=LATE_S + 1) <= LATE_S:
            return None
        targets = _data(http, base, "targets", state="active")["activeTargets"]
        scraped = max((_unix(one["lastScrape"]) for one in targets if one["health"] == "up"), default=0.0)
        if not scraped or _stored_since(http, base, scraped - LATE_S):
            return None
        groups = _data(http, base, "rules")["groups"]
        errors = [rule.get("lastError") for group in groups for rule in group["rules"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None  # a server with this query API need not have all of it, as Mimir
    why = next((f": {error}" for error in errors if error and "write to WAL" in error), "; its log says why")
    return f"it is ready and scrapes, but stores nothing{why}"


def _stored_since(http: httpx.Client, base: str, since: float) -> bool:
    try:
        eventually(lambda: _value(http, base, NEWEST, missing=0.0), lambda newest: newest >= since, PATIENCE_S)
    except TimeoutError:
        return False
    return True


def _value(http: httpx.Client, base: str, query: str, missing: float) -> float:
    """The one value of a query, `missing` where it has none."""
    rows = _data(http, base, "query", query=query)["result"]
    return float(rows[0]["value"][1]) if rows else missing


def _data(http: httpx.Client, base: str, path: str, **parameters: str) -> Any:
    return http.get(f"{base}/api/v1/{path}", params=parameters).raise_for_status().json()["data"]


def _unix(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
