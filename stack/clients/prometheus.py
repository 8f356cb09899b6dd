"""Typed reads from Prometheus' HTTP API.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from stack.records.scrape.target import Target

TIMEOUT_S = 15.0
EXCERPT_CHARACTERS = 300
_DURATION = re.compile(r"([0-9.]+)(ms|s|m|h|d|w|y)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}


class PrometheusError(Exception):
    """Prometheus did not answer as it should; the text names the URL, the status and the start of the body."""


@dataclass(frozen=True, slots=True)
class InstantSample:
    """One element of an instant vector; `timestamp` in Unix seconds."""

    labels: Mapping[str, str]
    value: float
    timestamp: float


class PrometheusClient:
    """Reads of one Prometheus server over a shared `httpx.AsyncClient`. All methods raise `PrometheusError`."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url.rstrip("/")
        self._http = http
        self._targets: tuple[float, tuple[Target, ...]] = (0.0, ())
        self._asking = asyncio.Lock()

    async def ready(self) -> str | None:
        """Return None when the server is ready, else why it is not."""
        try:
            answer = await self._http.get(f"{self.url}/-/ready", timeout=TIMEOUT_S)
        except httpx.HTTPError as broken:
            return f"{self.url}/-/ready: {_say(broken)}"
        return None if answer.status_code == httpx.codes.OK else f"{self.url}/-/ready: {_excerpt(answer)}"

    async def build_info(self) -> Mapping[str, str]:
        """Return `version`, `revision`, `goVersion` and more, all as text."""
        return {key: str(value) for key, value in (await self._data("status/buildinfo")).items()}

    async def runtime_info(self) -> Mapping[str, Any]:
        """Return what the server says about its run: `startTime`, `storageRetention`, `reloadConfigSuccess`, …."""
        return dict(await self._data("status/runtimeinfo"))

    async def flags(self) -> Mapping[str, str]:
        """Return the command line flags with their values."""
        return dict(await self._data("status/flags"))

    async def config(self) -> str:
        """Return the effective configuration as YAML text."""
        return str((await self._data("status/config"))["yaml"])

    async def targets(self, max_age_s: float = 0.2) -> tuple[Target, ...]:
        """Return all active targets; callers within `max_age_s` seconds of each other share one answer."""
        async with self._asking:
            asked_at, known = self._targets
            if time.monotonic() - asked_at > max_age_s or not asked_at:
                data = await self._data("targets", state="active")
                known = tuple(_target(target) for target in data["activeTargets"])
                self._targets = time.monotonic(), known
        return known

    async def query(self, expression: str, at: float | None = None) -> tuple[InstantSample, ...]:
        """Return the instant vector of an expression, now or at `at` (Unix seconds); a scalar is one sample."""
        parameters = {"query": expression} if at is None else {"query": expression, "time": f"{at:.3f}"}
        data = await self._data("query", **parameters)
        if data["resultType"] == "vector":
            return tuple(_instant(row["metric"], row["value"]) for row in data["result"])
        if data["resultType"] == "scalar":
            return (_instant({}, data["result"]),)
        raise PrometheusError(f"{self.url}: `{expression}` gives a {data['resultType']}, not an instant vector")

    async def series(self, selector: str, start: float, end: float) -> tuple[Mapping[str, str], ...]:
        """Return the label sets (with `__name__`) of all series that match, between two Unix times."""
        return tuple(await self._data("series", **{"match[]": selector, "start": f"{start:.3f}", "end": f"{end:.3f}"}))

    async def metadata(self, metric: str | None = None) -> Mapping[str, list[Mapping[str, str]]]:
        """Return type, help and unit per metric name, as the targets told them."""
        return dict(await self._data("metadata", **({"metric": metric} if metric else {})))

    async def rules(self) -> tuple[Mapping[str, Any], ...]:
        """Return the rule groups with their rules, states and evaluation errors."""
        return tuple((await self._data("rules"))["groups"])

    async def alertmanagers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the URLs of the Alertmanagers in use, and of those that were found and dropped."""
        data = await self._data("alertmanagers")
        active, dropped = (
            tuple(str(found["url"]) for found in data.get(kind) or ())
            for kind in ("activeAlertmanagers", "droppedAlertmanagers")
        )
        return active, dropped

    async def _data(self, path: str, **parameters: str) -> Any:
        url = f"{self.url}/api/v1/{path}"
        try:
            answer = await self._http.get(url, params=parameters, timeout=TIMEOUT_S)
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise PrometheusError(f"{url}: {_say(broken)}") from broken
        try:
            body = answer.json()
            if body["status"] == "success":
                return body["data"]
            raise PrometheusError(f"{url}: {body.get('errorType', 'error')}: {body.get('error', 'no reason given')}")
        except (ValueError, KeyError, TypeError) as malformed:
            raise PrometheusError(f"{url}: {_excerpt(answer)}") from malformed


def seconds(duration: str) -> float:
    """A Prometheus duration such as `1m30s` in seconds; ValueError where it is none."""
    parts = _DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is not a duration")
    return math.fsum(float(number) * _SECONDS[unit] for number, unit in parts)


def _target(data: Mapping[str, Any]) -> Target:
    labels = data["labels"]
    return Target(
        job=labels.get("job", ""),
        instance=labels.get("instance", ""),
        health=data["health"],
        scrape_url=data["scrapeUrl"],
        last_error=data["lastError"],
        scrape_seconds=data["lastScrapeDuration"],
        interval_seconds=seconds(data["scrapeInterval"]),
        timeout_seconds=seconds(data["scrapeTimeout"]),
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


def _say(broken: BaseException) -> str:
    return f"no answer ({broken or type(broken).__name__})"


def _excerpt(answer: httpx.Response) -> str:
    text = answer.text[:EXCERPT_CHARACTERS].strip()
    return f"status {answer.status_code}" + (f", body: {text}" if text else "")
