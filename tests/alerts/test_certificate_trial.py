"""The alert on certificates on real servers: one that ends soon is served, probed as shipped, and then renewed."""

import asyncio
import shutil
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.backends.ports import HOST, Ports
from stack.backends.process import HttpReady, ProcessSpec, start
from suites.alerts.collect.trial_setup import Receivers, overlaid
from suites.alerts.collect.trial_steps import Steps, Watched
from tests.support.certificates import Authority
from tests.support.real_servers import need

STACK = Path(__file__).parents[2] / "stack"
PROBES = "prometheus/probes/probes.yml"
STEP_S = 60
"""The file of probes is used as it stands, at the 15 s of Prometheus' configuration."""


class Site:
    """An HTTPS server on loopback, whose certificate can be renewed while it serves."""

    def __init__(self, folder: Path) -> None:
        self._authority = Authority(folder)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.trusted = folder / "ca.pem"

    def use(self, name: str, days: float) -> None:
        """Serve a certificate that ends in so many days."""
        now = datetime.now(UTC)
        begun, end = (f"{now + timedelta(days=one):%Y%m%d%H%M%SZ}" for one in (-30, days))
        certificate = self._authority.signed(name, begun, end)
        self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it; gives its address."""
        server = ThreadingHTTPServer((HOST, 0), _Fine)
        server.socket = self._context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"https://{HOST}:{server.server_port}/healthz"
        finally:
            server.shutdown()
            server.server_close()


class _Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def exporter(program: str, folder: Path, trusted: Path) -> Iterator[str]:
    """A blackbox exporter on the module that the probes name, trusting a test's authority; gives its address."""
    config = folder / "blackbox.yml"
    config.write_text("modules: {http_2xx: {prober: http}}\n", encoding="utf-8")
    with closing(Ports()) as ports:
        address = f"{HOST}:{ports.take()}"
        process = start(
            ProcessSpec(
                name="blackbox-exporter",
                argv=(program, f"--config.file={config}", f"--web.listen-address={address}"),
                cwd=folder,
                stdout=folder / "blackbox.log",
                env={"SSL_CERT_FILE": str(trusted)},
                ready=HttpReady(f"http://{address}/-/healthy"),
            )
        )
        try:
            yield address
        finally:
            process.stop()


@pytest.mark.native
def test_a_certificate_that_ends_soon_is_reported_until_it_is_renewed(tmp_path: Path) -> None:
    need("prometheus", "alertmanager")
    program = shutil.which("blackbox_exporter") or shutil.which("prometheus-blackbox-exporter")
    if program is None:
        pytest.skip("no real blackbox exporter: neither blackbox_exporter nor prometheus-blackbox-exporter is on PATH")
    site = Site(tmp_path)
    site.use("soon", 5)
    with site.served() as url, exporter(program, tmp_path, site.trusted) as probes:

        async def follow() -> Steps:
            receivers = Receivers()
            await receivers.up()
            try:
                rules = overlaid(STACK, tmp_path / "stack", receivers)
                plan = StackPlan(tmp_path / "run", tmp_path / "stack", ("prometheus", "alertmanager"))
                stack = await asyncio.to_thread(LocalBackend().start, plan)
                try:
                    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
                        text = (STACK / PROBES).read_text(encoding="utf-8")
                        for shipped, here in (
                            ("https://observability.example/healthz", url),
                            ("blackbox-exporter:9115", probes),
                        ):
                            assert shipped in text
                            text = text.replace(shipped, here)
                        folder = tmp_path / "run/prometheus/config/scrape.d"
                        folder.mkdir(exist_ok=True)
                        (folder / "probes.yml").write_text(text, encoding="utf-8")
                        (await http.post(f"{stack.endpoint('prometheus')}/-/reload")).raise_for_status()
                        watched = Watched(stack, http, receivers, rules, STEP_S, time.monotonic())
                        steps = Steps(watched, "gateway", "probe_ssl_earliest_cert_expiry", "a certificate ends soon")
                        await steps.until_delivered()
                        site.use("renewed", 60)
                        await steps.until_resolved()
                        return steps
                finally:
                    await asyncio.to_thread(stack.stop)
            finally:
                receivers.down()

        trial = asyncio.run(follow()).record()
    assert trial.alert == "CertificateExpires"
    assert [step for step, _ in trial.steps] == ["pending", "firing", "routed", "delivered", "resolved"]
    assert trial.routed == ("team/slack", "team/email")
    assert f"the certificate of {url} expires in 4d 23h" in trial.summary
    assert all(trial.summary in one.text for one in trial.deliveries)
