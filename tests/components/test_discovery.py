"""Services that Consul, Docker and Kubernetes know are compared with the catalog, both ways; what is silent says so.

Tried against servers that answer as the three describe their APIs, and against a real Docker Engine where one runs.
"""

import asyncio
import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.backends.ports import free_port
from stack.clients import service_discovery
from stack.clients.sign_in import async_client
from stack.records.live.discovery import DeclaredServices, DiscoveredServices
from suites.components.collect.discovery import discovered
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.core.rule import NotApplicable
from suites.run.settings import _from_target
from tests.support.certificates import Authority
from tests.support.conformance_run import finished
from tests.support.discovery_servers import TOKEN, Api, container, pod, serving
from tests.support.images import engine
from tests.support.images.bundle import pack, program, with_libraries
from tests.support.on_engine import docker

LIMITS = httpx.Limits(max_keepalive_connections=0)
SERVICES = (
    "\nservices:\n  orders: {url: 'http://h:1', job: shop}\n  payments: {url: 'http://h:2', logs: {app: pay}}\n"
    "labels: {service: app}\njobs: [legacy-cron]\n"
)
UNKNOWN, MISSING = "components/discovered-services-are-in-catalog", "components/catalog-services-are-discovered"


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as running:
        yield running


def looked(folder: Path, discovery: str) -> dict[str, Any]:
    """What is found with this `discovery` in a target file: the messages by rule and source, or why there are none."""
    path = folder / "target.yaml"
    path.write_text(f"prometheus: http://h:9090\ndiscovery: {discovery}{SERVICES}", encoding="utf-8")
    target = TargetFile.load(path, {"CONSUL_TOKEN": TOKEN, "NOBODY": "wrong"})

    async def collect() -> dict[str, dict[type, Any]]:
        async with async_client(target.signed, LIMITS) as http:
            return await discovered(target, [_from_target(name, target) for name in target.services], http)

    said: dict[str, Any] = {}
    for source, records in asyncio.run(collect()).items():
        for name, record in {UNKNOWN: DiscoveredServices, MISSING: DeclaredServices}.items():
            found = records[record]
            if not isinstance(found, NotEvaluated):
                with suppress(NotApplicable):
                    said[f"{name} {source}"] = [one.message for each in found for one in rules()[name].judge(each)]
            elif found.applies:
                said[f"{name} {source}"] = found.reason
    return said


def test_what_consul_has_registered_is_compared_with_the_catalog(api: Api, tmp_path: Path) -> None:
    api.consul = {"consul": [], "shop": ["http"], "Payments": [], "payments-sidecar-proxy": [], "loki": []}
    consul = f"{{consul: {{url: '{api.url}', bearer: {{env: CONSUL_TOKEN}}}}}}"
    assert looked(tmp_path, consul) == {f"{UNKNOWN} consul": [], f"{MISSING} consul": []}

    api.consul = {"consul": [], "shop": [], "legacy-cron": [], "billing": []}
    assert looked(tmp_path, consul) == {
        f"{UNKNOWN} consul": ["`billing` (service billing) is in Consul, and neither in the catalog nor a component"],
        f"{MISSING} consul": ["service `payments` of the catalog is not in Consul (also sought: pay)"],
    }


def test_a_consul_that_shows_nothing_to_a_token_is_no_empty_catalog(api: Api, tmp_path: Path) -> None:
    said = looked(tmp_path, f"{{consul: {{url: '{api.url}', bearer: {{env: NOBODY}}}}}}")
    assert len(said) == 2
    assert all("the token may read none" in reason for reason in said.values())


def test_containers_are_compared_with_the_catalog(api: Api, tmp_path: Path) -> None:
    api.containers = [
        container("shop-orders-1", compose="orders", scrape=True),
        container("payments"),
        container("postgres"),  # nobody says that it is to be scraped
    ]
    assert looked(tmp_path, f"{{docker: '{api.url}'}}") == {f"{UNKNOWN} docker": [], f"{MISSING} docker": []}

    api.containers = [container("payments"), container("cache-1", compose="cache", scrape=True)]
    assert looked(tmp_path, f"{{docker: '{api.url}'}}") == {
        f"{UNKNOWN} docker": ["`cache` (container cache-1) is in Docker, and neither in the catalog nor a component"],
        f"{MISSING} docker": ["service `orders` of the catalog is not in Docker (also sought: shop)"],
    }
    assert api.seen[-2:] == ["/_ping", "/v1.52/containers/json"]


def test_docker_is_asked_through_its_socket(tmp_path: Path) -> None:
    with serving(socket=tmp_path / "docker.sock") as api:
        api.containers = [container("orders", scrape=True), container("payments")]
        said = looked(tmp_path, f"{{docker: 'unix://{tmp_path}/docker.sock'}}")
    assert said[f"{MISSING} docker"] == []
    assert said[f"{UNKNOWN} docker"] == []


def test_pods_and_services_are_compared_with_the_catalog(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.signed("api", "20200101000000Z", "20900101000000Z")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "api.pem", tmp_path / "api.key")
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    known = "bearer: {file: token}, ca_file: ca.pem"
    with serving(context) as api:
        api.pods = [pod(f"orders-7c9f-{number}", "orders") for number in range(5)]
        api.pods += [pod("payments-7c9f-a", "")]  # called by its deployment
        api.services = [{"metadata": {"name": "postgres", "namespace": "shop"}}]
        asked = f"{{kubernetes: {{url: '{api.url}', {known}}}}}"
        assert looked(tmp_path, asked) == {f"{UNKNOWN} kubernetes": [], f"{MISSING} kubernetes": []}

        api.pods = [pod("orders-7c9f-1", "orders"), pod("payments-7c9f-a", "payments", phase="Failed")]
        api.pods += [pod("report-7c9f-b", "report"), pod("report-7c9f-c", "report"), pod("far-1-a", "f", namespace="x")]
        one = f"{{kubernetes: {{url: '{api.url}', {known}, namespaces: [shop]}}}}"
        assert looked(tmp_path, one) == {
            f"{UNKNOWN} kubernetes": [
                "`report` (pod shop/report-7c9f-b) is in Kubernetes, and neither in the catalog nor a component"
            ],
            f"{MISSING} kubernetes": ["service `payments` of the catalog is not in Kubernetes (also sought: pay)"],
        }
        untrusted = looked(tmp_path, f"{{kubernetes: {{url: '{api.url}', bearer: {{file: token}}}}}}")
        anonymous = looked(tmp_path, f"{{kubernetes: {{url: '{api.url}', ca_file: ca.pem}}}}")
        assert all(path.startswith("/api/v1/") and "limit=" in path for path in api.seen)

    assert all("certificate verify failed" in reason for reason in untrusted.values()), untrusted
    assert all("403 " in reason and "pods is forbidden" in reason for reason in anonymous.values()), anonymous


def test_a_service_is_sought_in_all_sources(api: Api, tmp_path: Path) -> None:
    api.containers = [container("cache")]
    with serving() as consul:
        consul.consul = {"consul": [], "orders": []}
        both = f"{{consul: {{url: '{consul.url}', bearer: {{env: CONSUL_TOKEN}}}}, docker: '{api.url}'}}"
        said = looked(tmp_path, both)
        api.containers = [container("payments")]
        found = looked(tmp_path, both)
    assert said[f"{MISSING} consul"] == [
        "service `payments` of the catalog is not in Consul, nor in Docker (also sought: pay)"
    ]
    assert f"{MISSING} docker" not in said
    assert f"{UNKNOWN} docker" not in said  # no container is marked to be scraped
    assert found[f"{MISSING} consul"] == []


def test_where_one_source_is_silent_nothing_is_missing(api: Api, tmp_path: Path) -> None:
    silent = f"http://127.0.0.1:{free_port()}"
    said = looked(tmp_path, f"{{docker: '{api.url}', consul: '{silent}'}}")
    assert "Consul does not say which services there are" in said[f"{MISSING} docker"]
    assert "no answer" in said[f"{UNKNOWN} consul"]


@pytest.mark.parametrize("source", ["consul", "docker", "kubernetes"])
def test_an_answer_that_cannot_be_used_is_told(source: str, api: Api, tmp_path: Path) -> None:
    api.fails = 500
    assert all("500 " in reason for reason in looked(tmp_path, f"{{{source}: '{api.url}'}}").values())


def test_an_answer_of_another_shape_is_told(api: Api, tmp_path: Path) -> None:
    api.containers = [{"Id": "1"}]
    said = looked(tmp_path, f"{{docker: '{api.url}'}}")
    assert all("an answer of another shape: KeyError('Names')" in reason for reason in said.values())


def test_the_number_of_requests_is_bounded(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_discovery, "MOST", 4)
    api.pods = [pod(f"orders-{number}", "orders") for number in range(9)]
    said = looked(tmp_path, f"{{kubernetes: {{url: '{api.url}', bearer: {{env: CONSUL_TOKEN}}}}}}")
    assert all("more than 4 objects; name `namespaces`" in reason for reason in said.values())
    assert len(api.seen) == 2


WRONG = {
    "{nomad: 'http://h'}": "2: discovery.nomad: unknown key",
    "{docker: 'unix:docker.sock'}": (
        "2: discovery.docker: 'unix:docker.sock' is not a URL such as http://host:2375 or unix:///var/run/docker.sock"
    ),
    "{consul: {url: 'http://h', bearer: {env: NONE}}}": (
        "2: discovery.consul.bearer: the environment variable NONE is not set"
    ),
    "{kubernetes: {url: 'http://h', ca_file: nowhere.pem}}": "2: discovery.kubernetes.ca_file: it cannot be used: ",
    "{consul: {url: 'http://h', namespaces: [a]}}": "2: discovery.consul.namespaces: unknown key",
}


@pytest.mark.parametrize(("discovery", "message"), WRONG.items())
def test_a_wrong_source_is_refused_with_line_and_key(discovery: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TargetFileError) as refused:
        looked(tmp_path, discovery)
    assert f":{message}" in str(refused.value)


def test_a_run_finds_what_is_not_declared_and_says_what_is_silent(api: Api, tmp_path: Path) -> None:
    """Through the whole run: verdicts, and the exit code of what could not be judged."""
    api.containers = [container("orders"), container("payments"), container("cron", scrape=True)]
    silent, port = f"http://127.0.0.1:{free_port()}", free_port()
    target = tmp_path / "target.yaml"
    text = f"prometheus: {{job: p}}\ndiscovery: {{docker: '{api.url}', consul: '{silent}'}}\n"
    services = f"services: {{orders: 'http://127.0.0.1:{port}', payments: 'http://127.0.0.1:{port}'}}\n"
    target.write_text(text + services, encoding="utf-8")

    run = finished(tmp_path / "run", "--stack=attached", f"--target={target}", "-k", "discovered or catalog")

    found = {f"{one['rule']} {one['subject']}": one for one in run.report["verdicts"]}
    assert found[f"{UNKNOWN} docker"]["outcome"] == "warn", run.output
    assert "`cron`" in found[f"{UNKNOWN} docker"]["findings"][0]["message"]
    for verdict in (f"{UNKNOWN} consul", f"{MISSING} docker"):
        assert (found[verdict]["outcome"], found[verdict]["because_of"]) == ("not-evaluated", "consul")
        assert "Consul does not say which services there are" in found[verdict]["reason"]
    assert not found[f"{UNKNOWN} kubernetes"]["applies"]
    assert run.code == 6


@pytest.mark.engine
def test_a_real_engine_names_its_containers(tmp_path: Path) -> None:
    if not engine.answers():
        pytest.skip("no container engine answers; as root on Debian: python -m tests.support.images.engine start")
    (tmp_path / "root.tar").write_bytes(pack(with_libraries([(program("sleep"), "bin/sleep")]), ()))
    (image,) = docker("import", "--message", "for a test", str(tmp_path / "root.tar"))
    names = [f"discovery-{os.getpid()}-{number}" for number in range(2)]
    labels = ["com.docker.compose.service=orders", "prometheus.io/scrape=true"]
    try:
        for name, label in zip(names, labels, strict=True):
            docker("run", "--detach", "--network=none", f"--name={name}", f"--label={label}", image, "/bin/sleep", "99")
        (host,) = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        said = looked(tmp_path, f"{{docker: '{os.environ.get('DOCKER_HOST', host)}'}}")
    finally:
        docker("rm", "--force", *names)
        docker("image", "rm", image)

    assert f"`{names[1]}` (container {names[1]}) is in Docker" in " ".join(said[f"{UNKNOWN} docker"])
    assert [one for one in said[f"{MISSING} docker"] if "`orders`" in one] == []
    assert "service `payments` of the catalog is not in Docker (also sought: pay)" in said[f"{MISSING} docker"]
