"""A foreign site: an ordinary company's monitoring, real servers on its own configuration, with nothing of ours in it.

`harbour/` holds its configuration, catalog and target file. A fault is a change of these, or of what its services do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import string
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from stack.backends.process import Running
from stack.clients.http import CA_VARIABLE
from stack.eventually import eventually
from tests.faults import disks
from tests.faults.table import Fault, Texts, findings, replaced
from tests.support.conformance_run import Finished, finished

SERVERS = ("prometheus", "loki", "promtail", "alertmanager", "node-exporter", "gateway")
STYLES = {"orders": "structlog", "payments": "pino", "search": "ecs"}
STATUSES = 2
"""Statuses with which each service answers; the second comes with lines of every level."""
SELDOM = "machines"
"""The job that is scraped every few minutes only."""
TRUE = frozenset({"components/running-version-not-past-end-of-life promtail"})
"""The findings of the healthy site, as `rule subject`: warnings that are true of it."""
USER, PASSWORD = "harbour", "a long word of the harbour master"


def found(night: Finished) -> set[str]:
    """What a night found, as `rule subject`."""
    return {finding.verdict for finding in findings(night.report)}


@dataclass
class Site:
    """The running site: `home` has its files, `address` the `host:port` of everything, by name."""

    home: Path
    address: Mapping[str, str]
    running: dict[str, Running]
    faults: Sequence[Fault] = ()

    @property
    def password(self) -> str:
        """The password of the gateway's user."""
        return next((fault.password for fault in self.faults if fault.password), PASSWORD)

    @property
    def credentials(self) -> Mapping[str, str]:
        """Users and passwords of the gateway and of Grafana, in the variables that the target file names."""
        boards = {"BOARDS_USER": USER, "BOARDS_PASSWORD": self.password}
        if given := env_of(self, "grafana"):
            boards = dict(zip(boards, given.values(), strict=True))
        return {"HARBOUR_USER": USER, "HARBOUR_PASSWORD": self.password, **boards}

    @property
    def trusted(self) -> Mapping[str, str]:
        """The variable that names the site's own authority, where it has one."""
        return {CA_VARIABLE: str(self.home / "ca.pem")} if (self.home / "ca.pem").exists() else {}

    def settle(self, timeout_s: float = 20.0) -> None:
        """Wait until services have logged at every level, Loki gets no further streams, and targets were scraped."""
        since, loki = time.time(), f"http://{self.address['loki']}/loki/api/v1/series"
        seen: list[int] = [0]

        def settled(http: httpx.Client) -> bool:
            now = time.time_ns()
            streams = http.get(loki, params={"start": now - 10**13, "end": now + 10**12}).json().get("data") or ()
            served = http.get(f"http://{self.address['search']}/metrics").text.count("_total{code=")
            seen.append(len(streams))
            return served >= STATUSES and 0 < seen[-1] == seen[-5:][0]

        with httpx.Client(trust_env=False, timeout=30) as http, contextlib.suppress(TimeoutError, httpx.HTTPError):
            eventually(lambda: settled(http), bool, timeout_s)
        self.scraped(since)
        self.scraped(time.time())

    def scraped(self, since: float, timeout_s: float = 20.0) -> None:
        """Wait until Prometheus has scraped every target after a Unix time, but for those that it seldom scrapes."""
        if not self.running["prometheus"].alive:
            return
        url = f"http://{self.address['prometheus']}/api/v1/targets"

        def late(http: httpx.Client) -> list[str]:
            targets = http.get(url, params={"state": "active"}).json()["data"]["activeTargets"]
            often = [one for one in targets if one["labels"]["job"] != SELDOM]
            return [one["scrapeUrl"] for one in often if datetime.fromisoformat(one["lastScrape"]).timestamp() < since]

        with httpx.Client(trust_env=False, timeout=30) as http, contextlib.suppress(TimeoutError, httpx.HTTPError):
            eventually(lambda: late(http), lambda left: not left, timeout_s)

    def break_later(self, step: int) -> None:
        """Make the part of the faults that comes once the site is healthy."""
        faults = [fault for fault in self.faults if fault.step == step]
        later = [_addressed(fault.later, self) for fault in faults]
        for name in {name for texts in later for name in texts}:
            for path in (self.home / name, self.home / name.replace(".", "-files.")):
                if path.exists():
                    path.write_text(replaced(name, path.read_text(encoding="utf-8"), later), encoding="utf-8")
        for fault in faults:
            for name in fault.reload:
                os.kill(self.running[name].pid, signal.SIGHUP)
            for name in fault.kill:
                self.running[name].kill()
            for name in fault.corrupt:
                self.running[name].kill()
                disks.corrupt(self.home / "data" / name / "wal")
            for name in (*fault.restart, *fault.corrupt):
                self.running[name].restart()
            for name, owner in fault.owned_by.items():
                self.running[name].kill()
                self.running[name] = disks.refused(self.running[name].spec, self.home / "data" / name, owner)
            for name in fault.fill:
                disks.fill(self.home / "data" / name)
            if fault.silence:
                self._silence(fault.silence)
        if any(fault.changes_later for fault in faults):
            self.scraped(time.time() + 1)
        for query in filter(None, (fault.until for fault in faults)):
            self._until(query)

    def _until(self, query: str) -> None:
        """Wait until Prometheus has a result of this query."""
        url = f"http://{self.address['prometheus']}/api/v1/query"
        with contextlib.suppress(TimeoutError):
            eventually(
                lambda: httpx.get(url, params={"query": query}, trust_env=False).json()["data"]["result"], bool, 90
            )

    def _silence(self, alerts: str) -> None:
        now = datetime.now(UTC)
        body = {
            "matchers": [{"name": "alertname", "value": alerts, "isRegex": True, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(days=2)).isoformat(),
            "createdBy": "kim",
            "comment": "maintenance",
        }
        url = f"http://{self.address['alertmanager']}/api/v2/silences"
        httpx.post(url, json=body, trust_env=False).raise_for_status()

    def night(self, home: Path, *arguments: str, target: str = "target.yaml") -> Finished:
        """Judge the site as its nightly run does."""
        return finished(
            home,
            "--stack=attached",
            f"--target={self.home / target}",
            *arguments,
            env={**self.credentials, **self.trusted},
            servers=True,
        )

    def nights(self, home: Path) -> tuple[Finished, Finished]:
        """Judge the site without its files and with them, at once."""
        with ThreadPoolExecutor() as pool:
            runs = [pool.submit(self.night, home / one, target=one) for one in ("target.yaml", "target-files.yaml")]
        return runs[0].result(), runs[1].result()


def values_of(site: Site) -> dict[str, str]:
    """What `$` in the files of the site means."""
    values = {name.replace("-exporter", ""): where for name, where in site.address.items()}
    values |= {f"{name}_port": where.rpartition(":")[2] for name, where in values.items()}
    return values | {"data": str(site.home / "data"), "home": str(site.home), "grpc_port": values["loki_grpc_port"]}


def _addressed(texts: Texts, site: Site) -> Texts:
    values = values_of(site)

    def fill(text: str) -> str:
        return string.Template(text).safe_substitute(values)

    return {name: {fill(old): fill(new) for old, new in pairs.items()} for name, pairs in texts.items()}


def env_of(site: Site, name: str) -> Mapping[str, str]:
    return {key: value for fault in site.faults for key, value in fault.env.get(name, {}).items()}
