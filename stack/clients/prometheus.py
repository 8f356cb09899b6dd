"""Typed reads from Prometheus' HTTP API.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from stack.clients.server_client import QueryClient, ServerError
from stack.records.scrape.target import Target
from stack.text.durations import seconds

FEW_TARGETS = 100
"""So many are read in no time."""


class PrometheusError(ServerError):
    """Prometheus did not answer as it should."""


@dataclass(frozen=True, slots=True)
class InstantSample:
    """One element of an instant vector; `timestamp` in Unix seconds."""

    labels: Mapping[str, str]
    value: float
    timestamp: float


class PrometheusClient(QueryClient):
    """Reads of one Prometheus server. All methods raise `PrometheusError`."""

    kind = "prometheus"
    api = "/api/v1"
    error = PrometheusError

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        super().__init__(url, http, at_once=20)  # as many as it evaluates at once (`query.max-concurrency`)
        self._targets: tuple[float, tuple[Target, ...]] = (0.0, ())
        self._asking = asyncio.Lock()

    async def build_info(self) -> Mapping[str, str]:
        """Return `version`, `revision`, `goVersion` and more, all as text."""
        return {key: str(value) for key, value in (await self.data("status/buildinfo")).items()}

    async def runtime_info(self) -> Mapping[str, Any]:
        """Return what the server says about its run: `startTime`, `storageRetention`, `reloadConfigSuccess`, …."""
        return dict(await self.data("status/runtimeinfo"))

    async def config(self) -> dict[str, Any]:
        """Return the effective configuration, defaults included."""
        return self.configuration((await self.data("status/config"))["yaml"])

    async def flags(self) -> dict[str, str]:
        """Return all flags by name without their dashes, defaults included."""
        return {str(name): str(value) for name, value in (await self.data("status/flags")).items()}

    async def targets(self, max_age_s: float = 0.2) -> tuple[Target, ...]:
        """Return all active targets; callers within `max_age_s` seconds of each other share one answer.

        Of many targets it is shared for longer: those who wait for one of hundreds must not read all of them each time.
        """
        async with self._asking:
            asked_at, known = self._targets
            if time.monotonic() - asked_at > max_age_s * max(1, len(known) / FEW_TARGETS) or not asked_at:
                data = await self.data("targets", state="active")
                known = tuple(_target(target) for target in data["activeTargets"])
                self._targets = time.monotonic(), known
        return known

    async def query(self, expression: str, at: float | None = None) -> tuple[InstantSample, ...]:
        """Return the instant vector of an expression, now or at `at` (Unix seconds); a scalar is one sample."""
        parameters = {"query": expression} if at is None else {"query": expression, "time": f"{at:.3f}"}
        data = await self.data("query", **parameters)
        if data["resultType"] == "vector":
            return tuple(_instant(row["metric"], row["value"]) for row in data["result"])
        if data["resultType"] == "scalar":
            return (_instant({}, data["result"]),)
        raise PrometheusError(f"{self.url}: `{expression}` gives a {data['resultType']}, not an instant vector")

    async def series(self, selector: str, start: float, end: float) -> tuple[Mapping[str, str], ...]:
        """Return the label sets (with `__name__`) of all series that match, between two Unix times."""
        return tuple(await self.data("series", **{"match[]": selector, "start": f"{start:.3f}", "end": f"{end:.3f}"}))

    async def rules(self) -> tuple[Mapping[str, Any], ...]:
        """Return the rule groups with their rules, states and evaluation errors."""
        return tuple((await self.data("rules"))["groups"])

    async def alertmanagers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the URLs of the Alertmanagers in use, and of those that were found and dropped."""
        data = await self.data("alertmanagers")
        active, dropped = (
            tuple(str(found["url"]) for found in data.get(kind) or ())
            for kind in ("activeAlertmanagers", "droppedAlertmanagers")
        )
        return active, dropped


def _target(data: Mapping[str, Any]) -> Target:
    labels = data["labels"]
    return Target(
        job=labels.get("job", ""),
        instance=labels.get("instance", ""),
        health=data["health"],
        scrape_url=data["scrapeUrl"],
        last_error=data["lastError"],
        scrape_seconds=data["lastScrapeDuration"],
        interval_seconds=seconds(data["scrapeInterval"]) or 0.0,
        timeout_seconds=seconds(data["scrapeTimeout"]) or 0.0,
        last_scrape=max(0.0, _unix(data["lastScrape"])),
        labels=tuple(sorted(labels.items())),
    )


def _unix(text: str) -> float:
    """Go writes nanoseconds and, before the first scrape, the year 1."""
    if text.startswith("0001-"):
        return 0.0
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text)).timestamp()


def _instant(labels: Mapping[str, str], value: tuple[float, str]) -> InstantSample:
    return InstantSample(dict(labels), float(value[1]), float(value[0]))
