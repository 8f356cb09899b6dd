"""Writes the files of the foreign site, with its faults, and starts its servers on them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import string
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from stack.backends.local.grafana import QUICK_START, home_of
from stack.backends.ports import HOST, Ports
from stack.backends.process import HttpReady, ProcessSpec, Running, start
from stack.eventually import eventually
from tests.faults import disks
from tests.faults.site import SERVERS, STYLES, USER, Site, env_of, values_of
from tests.faults.table import Fault, replaced
from tests.support.certificates import HERE, Authority
from tests.support.conformance_run import ROOT
from tests.support.real_servers import need

CONFIGURATION = Path(__file__).with_name("harbour")
POD = {"orders": "orders-7c9f", "payments": "payments-5d2a", "search": "search-0"}
DEPLOYED = {
    "prom.yaml": "prometheus/prometheus.yml",
    "paging.yaml": "prometheus/rules/paging.yml",
    "logs.yml": "loki/loki-config.yaml",
    "am.yaml": "alertmanager/alertmanager.yml",
    "logrules/fake/errors.yaml": "loki/rules/fake/errors.yml",
    "boards/shop.json": "grafana/dashboards/shop.json",
    "boards.yaml": "grafana/provisioning/dashboards/boards.yaml",
    "sources.yaml": "grafana/provisioning/datasources/sources.yaml",
}
"""Where the files of this site are in the folder that a target file names under `files`."""
READY = {
    "loki": "/ready",
    "prometheus": "/-/ready",
    "alertmanager": "/metrics",
    "node-exporter": "/",
    "promtail": "/ready",
    "gateway": "/status",
    "grafana": "/boards/api/health",
}


@contextlib.contextmanager
def running_site(home: Path, faults: Sequence[Fault] = (), *more: str) -> Iterator[Site]:
    """Start the site with these faults and `more` servers in `home`, and end it with the context."""
    servers = (*SERVERS, *more, *(name for fault in faults for name in fault.servers))
    programs = {name: one.path for name, one in zip(servers, need(*servers), strict=True)}
    ports = Ports()
    names = (*SERVERS, "grafana", "loki_grpc", "further", *STYLES, *(f"front_{name}" for name in STYLES))
    site = Site(home, {name: f"{HOST}:{ports.take()}" for name in names}, {}, faults)
    _write(site)
    _age(site)
    small = {name: size for fault in faults for name, size in fault.small_disk.items()}
    with contextlib.ExitStack() as mounted:
        for name, size_mib in small.items():
            mounted.enter_context(disks.small(home / "data" / name, size_mib))
        yield from _run(site, programs)
    ports.close()
    shutil.rmtree(home / "data", ignore_errors=True)


def _run(site: Site, programs: Mapping[str, Path]) -> Iterator[Site]:
    try:
        for spec in _specs(site, programs):
            site.running[spec.name] = start(spec)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda one: one.wait_ready(60), site.running.values()))
        _push_old_lines(site)
        yield site
    finally:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Running.kill, site.running.values()))  # its data is thrown away


def _write(site: Site) -> None:
    """Write the site's files, with the addresses of this run."""
    values, data = values_of(site), site.home / "data"
    data.mkdir(parents=True)
    for path in sorted(one for one in CONFIGURATION.rglob("*") if one.is_file()):
        name = path.relative_to(CONFIGURATION)
        text = replaced(str(name), path.read_text(encoding="utf-8"), [fault.files for fault in site.faults])
        (site.home / name).parent.mkdir(parents=True, exist_ok=True)
        (site.home / name).write_text(string.Template(text).safe_substitute(values), encoding="utf-8")
    for file, place in DEPLOYED.items():
        (site.home / "deployed" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(site.home / file, site.home / "deployed" / place)
    with_files = (site.home / "target.yaml").read_text(encoding="utf-8") + "files: deployed\n"
    (site.home / "target-files.yaml").write_text(with_files, encoding="utf-8")
    hashed = _openssl("passwd", "-apr1", "-stdin", given=site.password)
    (data / "users").write_text(f"{USER}:{hashed}", encoding="utf-8")
    services = [
        {
            "name": name,
            "port": int(values[f"{name}_port"]),
            "style": style,
            "log": f"{data}/pods/shop/{name}/{POD[name]}.log",
        }
        for name, style in STYLES.items()
    ]
    if any("expired.pem" in str(fault.later) for fault in site.faults):
        authority = Authority(site.home)
        authority.signed("expired", "20250101000000Z", "20250201000000Z")
        authority.itself("own", HERE)
    metrics = ["array_online 1", *(line for fault in site.faults for line in fault.further)]
    further = {"port": int(values["further_port"]), "text": "".join(map(_exposed, metrics))}
    wrong = {name: what for fault in site.faults for name, what in fault.apps.items()}
    apps = {"services": services, "faults": wrong, "further": further}
    (site.home / "apps.json").write_text(json.dumps(apps), encoding="utf-8")


def _exposed(sample: str) -> str:
    return f"# TYPE {sample.partition('{')[0].partition(' ')[0]} gauge\n{sample}\n"


def _openssl(*arguments: str, given: str = "") -> str:
    return subprocess.run(
        ["/usr/bin/env", "openssl", *arguments], input=given, capture_output=True, text=True, check=True
    ).stdout


def _age(site: Site) -> None:
    """Give Prometheus a block with a sample that is too old."""
    days = max((fault.old_sample for fault in site.faults), default=0)
    if days:
        old = site.home / "data" / "old.txt"
        old.write_text(f'# TYPE up gauge\nup{{job="shop"}} 1 {time.time() - days * 86400:.0f}\n# EOF\n', "utf-8")
        (promtool,) = need("promtool")
        arguments = ("tsdb", "create-blocks-from", "openmetrics", old, site.home / "data" / "prometheus")
        subprocess.run([promtool.path, *arguments], check=True, capture_output=True)


def _push_old_lines(site: Site) -> None:
    days = max((fault.old_line for fault in site.faults), default=0)
    if days:
        at = str(time.time_ns() - days * 86400 * 10**9)
        stream = {"stream": {"app": "retired", "namespace": "shop"}, "values": [[at, "the last line of a service"]]}
        url = f"http://{site.address['loki']}/loki/api/v1/push"
        httpx.post(url, json={"streams": [stream]}, trust_env=False).raise_for_status()
        # Without that, a query of a time so long ago would not see the line, as it is in memory only.
        httpx.post(f"http://{site.address['loki']}/flush", trust_env=False).raise_for_status()
        around: dict[str, str | int] = {"query": '{app="retired"}', "start": int(at) - 10**12, "end": int(at) + 10**12}
        url = f"http://{site.address['loki']}/loki/api/v1/query_range"
        eventually(lambda: httpx.get(url, params=around, trust_env=False).json()["data"]["result"], bool, 30)


def _specs(site: Site, programs: Mapping[str, Path]) -> Iterator[ProcessSpec]:
    home, data, at = site.home, site.home / "data", site.address
    arguments = {
        "loki": [f"-config.file={home}/logs.yml"],
        "prometheus": [
            f"--config.file={home}/prom.yaml",
            f"--storage.tsdb.path={data}/prometheus",
            f"--web.listen-address={at['prometheus']}",
            "--storage.tsdb.retention.time=7d",
        ],
        "alertmanager": [
            f"--config.file={home}/am.yaml",
            f"--storage.path={data}/alertmanager",
            f"--web.listen-address={at['alertmanager']}",
            "--cluster.listen-address=",
        ],
        "node-exporter": [f"--web.listen-address={at['node-exporter']}"],
        "promtail": [f"-config.file={home}/shipper.yaml"],
        "gateway": ["-p", str(data), "-c", f"{home}/nginx.conf", "-g", "daemon off;" + _user()],
    }
    yield ProcessSpec(
        "apps",
        (sys.executable, "-m", "tests.faults.apps", f"{home}/apps.json"),
        ROOT,
        data / "apps.out",
        ready=HttpReady(f"http://{at['search']}/metrics"),
    )
    if "grafana" in programs:
        arguments["grafana"] = ["server", "--homepath", str(home_of(programs["grafana"]))]
    for name, argv in arguments.items():
        flags = [flag for fault in site.faults for flag in fault.flags.get(name, ())]
        given = {flag.partition("=")[0] for flag in flags}
        kept = [word for word in argv if word.partition("=")[0] not in given]
        prefix = "".join(flag.partition("=")[2] for flag in flags if flag.startswith("--web.route-prefix="))
        yield ProcessSpec(
            name,
            (str(programs[name]), *kept, *flags),
            data,
            data / f"{name}.out",
            env={**_grafana(site), **env_of(site, name)} if name == "grafana" else env_of(site, name),
            ready=HttpReady(f"http://{at[name]}{prefix}{READY[name]}"),
        )


def _grafana(site: Site) -> Mapping[str, str]:
    host, _, port = site.address["grafana"].rpartition(":")
    data = site.home / "data" / "grafana"
    return {
        **QUICK_START,
        "GF_SERVER_HTTP_ADDR": host,
        "GF_SERVER_HTTP_PORT": port,
        "GF_SERVER_ROOT_URL": f"http://{site.address['gateway']}/boards/",
        "GF_SERVER_SERVE_FROM_SUB_PATH": "true",
        "GF_SECURITY_ADMIN_USER": USER,
        "GF_SECURITY_ADMIN_PASSWORD": site.password,
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_PATHS_DATA": str(data),
        "GF_PATHS_LOGS": str(data / "logs"),
        "GF_PATHS_PLUGINS": str(data / "plugins"),
        "GF_PATHS_PROVISIONING": str(site.home / "deployed" / "grafana" / "provisioning"),
    }


def _user() -> str:
    # Started by root, nginx would give its workers to a user who may not read the users file.
    return " user root;" if os.geteuid() == 0 else ""
