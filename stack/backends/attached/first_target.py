"""A first target file, made from what a site's servers say of themselves: `--write-target`, once per server.

It is a draft for the site's own hands: what it found is written as keys, what to check stands behind them as comments.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import yaml

from stack.backends.attached.access import Secrets, access
from stack.backends.attached.target_file import read_component
from stack.clients.sign_in import sync_client
from stack.components import COMPONENTS
from stack.records.logs.preset import preset_of
from stack.text.durations import SEVEN_DAYS, seconds

TIMEOUT_S = 15.0
SERVICE_LABELS = ("service", "app", "service_name", "app_kubernetes_io_name", "container", "job")
LEVEL_LABELS = ("level", "severity", "detected_level")
MOST_SERVICES = 200
LINES = 50
"""Lines of a service that tell how it logs."""
SIGN_IN = ("user_env", "password_env", "user", "password", "ca_file")
"""What a gateway is reached with, of the keys of a server behind it."""

NO_TARGETS = (
    "Prometheus has no targets, so no job and no service is known: if it has just started, run this again after the "
    "scrape interval."
)


class FirstTarget(NamedTuple):
    """The text of a target file, and what whoever asked for it has to know, empty where there is nothing."""

    text: str
    notice: str


class UnknownServerError(ValueError):
    """A URL under which no server answers that is known; the text names it."""


def first_target(servers: Sequence[str], folder: Path, environment: Mapping[str, str]) -> FirstTarget:
    """A target file for these servers; only GET requests are sent.

    Each is a URL, or the entry of a component as a target file has it (`{url: …, user_env: …}`), whose files are
    relative to `folder`.

    Raises:
        TargetFileError: an entry is not as it must be, or what it names is not there.
        UnknownServerError: a URL does not answer, or is that of no known server.

    """
    secrets = Secrets(folder, environment)
    entries = [read_component(text, secrets) for text in servers]
    known = {entry["url"].rstrip("/"): access(entry, secrets) for entry in entries}
    with sync_client(known, TIMEOUT_S) as http:
        found = {_kind(http, entry["url"].rstrip("/")): entry for entry in entries}
        at = {name: entry["url"].rstrip("/") for name, entry in found.items()}
        targets = _targets(http, at["prometheus"]) if "prometheus" in at else []
        jobs = _component_jobs(http, at["prometheus"]) if targets else {}
        streams = _streams(http, at["loki"]) if "loki" in at else []
        kept = list(_kept(http, at))
        service, level = _label(streams, SERVICE_LABELS), _label(streams, LEVEL_LABELS)
        logging = dict.fromkeys(sorted({labels[service] for labels in streams if labels.get(service)})[:MOST_SERVICES])
        formats = {one: preset_of(_lines(http, at["loki"], {service: one})) for one in logging}
    notice = (
        NO_TARGETS
        if "prometheus" in at and not targets
        else _not_scraped_yet([one for one in targets if one["labels"]["job"] not in jobs.values()])
    )
    lines = ["# A first target file: docs/attach.md explains every key.", *([f"# {notice}"] if notice else ())]
    lines += _gateway(list(found.values()))
    for name in (one for one in COMPONENTS if one in found or one in jobs):
        job = {"job": jobs[name]} if name in jobs else {}
        lines.append(f"{name}: {_flow({**job, **found.get(name, {})})}")
    if streams:
        lines.append(
            f"labels: {_flow({**({'service': service} if service else {}), **({'level': level} if level else {})})}"
        )
    lines += kept
    others = [one for one in targets if one["labels"]["job"] not in jobs.values()]
    services = [one for one in others if not _is_probe(one)]
    lines += _services(services, service, formats)
    if probes := {one["labels"]["job"]: None for one in others if _is_probe(one)}:
        lines.append(f"jobs: {_dumped(list(probes))}   # an exporter that asks others: no services of their own")
    return FirstTarget("\n".join(lines) + "\n", notice)


def _flow(entry: Mapping[str, Any]) -> str:
    """A mapping in one line, the URL first."""
    return _dumped({key: entry[key] for key in sorted(entry, key=lambda key: key != "url")})


def _dumped(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True).strip()


def _gateway(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The gateway, where several servers are below paths of one address."""
    parts = [urlsplit(entry["url"].rstrip("/")) for entry in entries]
    origins = {f"{one.scheme}://{one.netloc}" for one in parts if one.path}
    if len(entries) > 1 and len(origins) == 1 and all(one.path for one in parts):
        sign_in = {key: entries[0][key] for key in SIGN_IN if key in entries[0]}
        yield f"gateway: {_flow({'url': origins.pop(), **sign_in})}   # `health`: a path that needs no password"


def _kind(http: httpx.Client, url: str) -> str:
    """Which component answers at a URL, by the path under which each states its version."""
    refused = ""
    for name, info in COMPONENTS.items():
        if info.version_json:
            try:
                answer = http.get(f"{url}{info.version_json[0]}")
                if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                    refused = f"it answers {answer.status_code}: give it as {{url: …, user_env: …, password_env: …}}"
                value: Any = answer.raise_for_status().json()
                for key in info.version_json[1:]:
                    value = value[key]
            except httpx.TransportError as silent:
                raise UnknownServerError(f"{url}: no answer ({silent or type(silent).__name__})") from None
            except (httpx.HTTPError, ValueError, KeyError, TypeError):
                continue
            return name
    known = ", ".join(name for name, info in COMPONENTS.items() if info.version_json)
    raise UnknownServerError(f"{url}: {refused or f'none of {known} answers there'}")


def _targets(http: httpx.Client, url: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = _data(http, f"{url}/api/v1/targets", state="active")["activeTargets"]
    return found


def _component_jobs(http: httpx.Client, url: str) -> dict[str, str]:
    """The job of each component, by the build that its targets expose."""
    infos = {info.build_info: name for name, info in COMPONENTS.items() if info.scraped}
    query = f'group by (__name__, job) (last_over_time({{__name__=~"{"|".join(infos)}"}}[1d]))'
    rows = _data(http, f"{url}/api/v1/query", query=query)["result"]
    return {infos[row["metric"]["__name__"]]: row["metric"].get("job", "") for row in rows}


def _streams(http: httpx.Client, url: str) -> list[Mapping[str, str]]:
    now = time.time_ns()
    return list(_data(http, f"{url}/loki/api/v1/series", start=now - 3600 * 10**9, end=now) or ())


def _lines(http: httpx.Client, url: str, labels: Mapping[str, str]) -> list[str]:
    """The newest lines of some streams."""
    selector = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
    found = _data(http, f"{url}/loki/api/v1/query_range", query=f"{{{selector}}}", limit=LINES)["result"]
    return [value[1] for stream in found for value in stream["values"]]


def _kept(http: httpx.Client, found: Mapping[str, str]) -> Iterator[str]:
    """What Prometheus keeps, where that is not what is promised unless a site says otherwise."""
    if "prometheus" in found:
        stated = str(_data(http, f"{found['prometheus']}/api/v1/status/runtimeinfo").get("storageRetention", ""))
        kept = stated.partition(" ")[0]
        if seconds(kept) not in (None, SEVEN_DAYS):
            yield f"retention: {{metrics: {kept}}}   # what it keeps now: is it what you promise?"


def _not_scraped_yet(targets: Sequence[Mapping[str, Any]]) -> str:
    """What is uncertain of jobs without a first scrape; empty where there are none.

    What a job is shows in the metrics of any of its targets, so one that was scraped will do.
    """
    scraped = {one["labels"]["job"] for one in targets if not _never_scraped(one)}
    waiting = {one["labels"]["job"]: one.get("scrapeInterval", "") for one in targets if _never_scraped(one)}
    names = [name for name in waiting if name not in scraped]
    if not names:
        return ""
    longest = max((waiting[name] for name in names), key=lambda interval: seconds(interval) or 0.0)
    return (
        f"Not scraped yet: the jobs {_dumped(names)}. They are taken for services, and components among them are not "
        f"known as such: run this again after the scrape interval{f' ({longest})' if longest else ''}."
    )


def _never_scraped(target: Mapping[str, Any]) -> bool:
    """Whether a target waits for its first scrape, which Go writes as the year 1."""
    return str(target.get("lastScrape", "")).startswith("0001-")


def _is_probe(target: Mapping[str, Any]) -> bool:
    """Whether it is what an exporter of many targets asks, as blackbox-exporter and snmp-exporter do.

    Source: https://prometheus.io/docs/guides/multi-target-exporter/
    """
    return "target" in parse_qs(urlsplit(target["scrapeUrl"]).query)


def _services(targets: Sequence[Mapping[str, Any]], label: str, formats: Mapping[str, str]) -> Iterator[str]:
    """One target for each service, called by the label that names it best; `formats` are by the values of `label`."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for target in sorted(targets, key=lambda one: str(one["scrapeUrl"])):
        labels = target["labels"]
        name = str(next((labels[one] for one in SERVICE_LABELS if labels.get(one)), ""))
        found.setdefault(re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-._")[:63], (name, target))
    found.pop("", None)
    if found:
        yield "services:   # `format`, a name in schemas/logs, lets stored lines be judged: is it the right one?"
    for name, (called, target) in sorted(found.items())[:MOST_SERVICES]:
        at = urlsplit(target["scrapeUrl"])
        entry: dict[str, Any] = {"url": f"{at.scheme}://{at.netloc}"}
        entry |= {"metrics": at.path} if at.path != "/metrics" else {}
        entry["job"] = target["labels"]["job"]
        entry |= {"logs": {label: called}} if called in formats else {}
        entry |= {"format": formats[called]} if formats.get(called) else {}
        yield f"  {name}: {_flow(entry)}"


def _label(streams: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    """The first of these labels that every stream has, or that most have."""
    return (
        max(names, key=lambda name: (sum(name in labels for labels in streams), -names.index(name)))
        if any(name in labels for labels in streams for name in names)
        else ""
    )


def _data(http: httpx.Client, url: str, **parameters: str | int) -> Any:
    try:
        return http.get(url, params=parameters).raise_for_status().json()["data"]
    except (httpx.HTTPError, ValueError, KeyError) as broken:
        raise UnknownServerError(f"{url}: {broken}") from None
