"""Attached to a running stack: the target file, what is read through it, and a whole run on it."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from stack.backends.attached.backend import AttachedBackend
from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.backends.base import StackPlan, TargetGroup
from stack.backends.local.backend import LocalBackend, LocalStack
from stack.backends.ports import free_port
from stack.backends.process import HttpReady, ProcessSpec, Running, start
from stack.clients.sign_in import Access, SignIn
from stack.servers.find import find_binary, why_absent
from tests.support.conformance_run import ROOT, Finished, finished

SERVERS = ("prometheus", "loki", "promtail", "alertmanager", "gateway")
SECRETS = {"USER_OF_GATEWAY": "conformance", "PASSWORD_OF_GATEWAY": "a long and random one"}


OURS = f"catalog: {ROOT / 'fixtures' / 'services'}\n"


def load(folder: Path, text: str) -> TargetFile:
    path = folder / "target.yaml"
    path.write_text(text, encoding="utf-8")
    return TargetFile.load(path, SECRETS)


URL = "is not a URL such as http://host:9090, without query; credentials come by `user_env` and `password_env`"
WRONG = {
    "prometheus: [": "2: not YAML: ",
    "- a\n": "1: must be a mapping, not a list",
    "promtheus: http://h:1\n": "1: promtheus: unknown key; did you mean 'prometheus'?",
    "provoke: true\n": ": it names no component: write at least `prometheus: http://host:9090`",
    "loki: h:3100\n": f"1: loki: 'h:3100' {URL}",
    "loki: http://h:0\n": f"1: loki: 'http://h:0' {URL}",
    "loki: 3100\n": "1: loki: must be a text or a mapping, not the number 3100",
    "loki: {}\n": "1: loki: needs at least one of url, job",
    "loki: {job: logs, replicas: 0}\n": "1: loki.replicas: 0 is less than 1",
    "loki: {job: logs}\ngateway: {health: /up}\n": "2: gateway.url: is missing",
    "loki: http://h\nretention: {logs: 7}\n": "2: retention.logs: must be a text, not the number 7; put it in quotes",
    "loki: http://h\nretention: {logs: a week}\n": "2: retention.logs: 'a week' is not a duration such as 7d or 168h",
    "loki: http://h\ncatalog: nowhere\n": "2: catalog: there is no folder",
    "loki: http://h\nservices: {Orders: http://h:1}\n": "2: services.Orders: the key 'Orders' must be made of lower",
    "loki:\n  url: http://h\n  usr_env: A\n": "3: loki.usr_env: unknown key; did you mean 'user_env'?",
    "loki: http://me:secret@h\n": f"1: loki: 'http://…@h' {URL}",
    "loki: {url: http://h?a=b}\n": f"1: loki.url: 'http://h?a=b' {URL}",
    "loki:\n  url: http://h\n  user_env: USER_OF_GATEWAY\n": "1: loki: needs password_env, too",
    "loki: {url: http://h, user_env: NOBODY, password_env: USER_OF_GATEWAY}\n": (
        "1: loki.user_env: the environment variable NOBODY is not set"
    ),
    "loki: http://h\nprovoke: maybe\n": "2: provoke: must be true or false, not the text 'maybe'",
    "loki: http://h\nfiles: nowhere\n": "2: files: there is no folder",
    "loki: http://h\nservices: [a]\n": "2: services: must be a mapping, not a list",
    "loki: http://h\nservices:\n  a: http://h/x\n": (
        "3: services.a: 'http://h/x' is not a URL such as http://host:8080, without a path"
    ),
    "loki: http://h\nservices:\n  a: {url: http://h, logs: {service: 1}}\n": (
        "3: services.a.logs.service: must be a text, not the number 1; put it in quotes"
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_a_wrong_target_file_is_refused_with_line_and_key(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TargetFileError) as refused:
        load(tmp_path, text)

    assert str(refused.value).startswith(f"{tmp_path / 'target.yaml'}:{message}".replace("::", ":"))
    assert "secret" not in str(refused.value)


def test_a_target_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetFileError, match=r"target\.yaml: cannot be read: No such file"):
        TargetFile.load(tmp_path / "target.yaml", {})


def test_a_target_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    target = load(
        tmp_path,
        "prometheus: http://p:9090/\n"
        "gateway: {url: https://g, user_env: USER_OF_GATEWAY, password_env: PASSWORD_OF_GATEWAY}\n"
        "files: files\nprovoke: true\n"
        "services:\n  a: http://a:1\n  b: {url: http://b:2, logs: {service: bb}}\n",
    )

    assert target.endpoints == {"prometheus": "http://p:9090", "gateway": "https://g"}
    assert target.credentials == {"gateway": ("conformance", "a long and random one")}
    assert (target.files, target.provoke) == (tmp_path / "files", True)
    assert {name: (at.url, dict(at.logs)) for name, at in target.services.items()} == {
        "a": ("http://a:1", {}),
        "b": ("http://b:2", {"service": "bb"}),
    }


def test_credentials_go_to_their_own_server_and_no_other() -> None:
    sent: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        sent[str(request.url)] = request.headers.get("authorization")
        return httpx.Response(200)

    sign_in = SignIn({"http://h": Access(("a", "b")), "http://h/loki": Access(("c", "d"))})
    urls = [
        "http://h/x",
        "http://h/loki/x",
        "http://h",
        "http://h:81/x",
        "http://hh/x",
        "http://h?q=1",
        "http://h/lokix",
    ]
    with httpx.Client(transport=httpx.MockTransport(answer), auth=sign_in) as http:
        for url in urls:
            http.get(url)

    first, second = "Basic YTpi", "Basic Yzpk"
    assert list(sent.values()) == [first, second, first, None, None, first, first]


def test_a_server_that_does_not_answer_is_not_ready_and_has_no_version() -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    with AttachedBackend(TargetFile({"loki": closed})).start(StackPlan(Path("unused"), ROOT / "stack")) as stack:
        assert stack.components["loki"].version is None
        assert stack.components["prometheus"].detail == "the target file names no `prometheus`"
        assert (stack.health()["loki"] or "").startswith(f"{closed}/ready: no answer (")
        with pytest.raises(PermissionError, match="an attached stack is only read"):
            stack.set_targets({})


@dataclass
class Site:
    """A running stack with one service, and the folder for target files."""

    stack: LocalStack
    service: Running
    url: str
    folder: Path

    def target_file(self, more: str = "") -> Path:
        """Prometheus and Loki are reached through the gateway, as from outside a site."""
        gateway = self.stack.endpoint("gateway")
        sign_in = "user_env: USER_OF_GATEWAY, password_env: PASSWORD_OF_GATEWAY"
        path = self.folder / "target.yaml"
        path.write_text(
            f"gateway: {{url: {gateway}, {sign_in}, health: /healthz, guess_passwords: true}}\n"
            f"prometheus: {{url: {gateway}/prometheus, {sign_in}}}\n"
            f"loki: {{url: {gateway}/loki, {sign_in}}}\n"
            f"alertmanager: {self.stack.endpoint('alertmanager')}\n"
            f"files: {ROOT / 'stack'}\n"
            f"services: {{healthy: {self.url}}}\n{more}",
            encoding="utf-8",
        )
        return path

    @property
    def secrets(self) -> dict[str, str]:
        """The variables that the target file names."""
        return dict(zip(SECRETS, self.stack.credentials["gateway"], strict=True))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    for name in SERVERS:
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    url = f"http://127.0.0.1:{port}"
    service = start(
        ProcessSpec(
            "healthy",
            (sys.executable, "-m", "fixtures.broken._miniature", "--service=healthy", f"--port={port}"),
            ROOT,
            folder / "logs" / "miniatures" / "healthy" / "main.log",
            ready=HttpReady(f"{url}/healthz"),
        )
    )
    labels = {"system": "miniatures", "service": "healthy", "instance": "main"}
    targets = {"healthy": [TargetGroup((f"127.0.0.1:{port}",), labels)]}
    plan = StackPlan(folder / "run", ROOT / "stack", SERVERS, targets, f"{folder}/logs/*/*/*.log")
    (folder / "catalog").mkdir()
    shutil.copytree(ROOT / "fixtures" / "broken" / "healthy", folder / "catalog" / "healthy")
    with LocalBackend().start(plan) as stack:
        service.wait_ready()
        for number in range(3):
            httpx.get(f"{url}/work", headers={"X-Request-ID": f"before-{number}"}, trust_env=False)
        yield Site(stack, service, url, folder)
    service.stop()


def judged(site: Site, home: Path, *arguments: str, more: str = "") -> Finished:
    return finished(
        home,
        "--stack=attached",
        f"--target={site.target_file(more)}",
        f"--catalog={site.folder / 'catalog'}",
        *arguments,
        env=site.secrets,
        servers=True,
    )


@pytest.fixture(scope="module")
def run(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return judged(site, tmp_path_factory.mktemp("attached") / "run")


@pytest.mark.native
def test_the_report_says_attached_with_the_servers_own_versions(site: Site, run: Finished) -> None:
    stack = run.report["stack"]

    assert stack["backend"] == "attached"
    found = {one["name"]: (one["provenance"], one["version"]) for one in stack["components"]}
    assert found["prometheus"] == ("attached", site.stack.components["prometheus"].version)
    assert found["loki"] == ("attached", site.stack.components["loki"].version)
    assert found["grafana"] == ("absent", None)
    assert site.secrets["PASSWORD_OF_GATEWAY"] not in (run.folder / "report.json").read_text(encoding="utf-8")


@pytest.mark.native
def test_a_healthy_service_of_a_live_stack_passes(run: Finished) -> None:
    assert not run.verdicts("healthy", "fail", "warn", "error"), run.output
    passed = run.verdicts("healthy", "pass")
    assert {"metrics/target-up", "metrics/stored-equals-exposed", "logs/matches-schema"} <= set(passed)


@pytest.mark.native
def test_what_an_attached_run_cannot_see_is_not_evaluated_with_the_reason(run: Finished) -> None:
    missing = run.verdicts("healthy", "not-evaluated")

    assert "which lines it wrote is not known" in missing["logs/delivered-exactly-once"]["reason"]
    assert "unless the target file says `provoke: true`" in missing["metrics/traffic-answered"]["reason"]
    listens = run.verdicts("loki", "not-evaluated")["components/only-gateway-listens-publicly"]
    assert "cannot be seen on which addresses loki listens" in listens["reason"]


@pytest.mark.native
def test_the_gateway_and_the_jobs_of_a_live_stack_are_judged(run: Finished) -> None:
    assert {rule for rule in run.verdicts("gateway", "pass") if "gateway" in rule} >= {
        "gateway/unauthenticated-access-denied",
        "gateway/no-weak-credentials",
        "gateway/live-tail-works",
    }
    passed = set(run.verdicts("prometheus", "pass"))
    assert {"components/running-jobs-are-in-catalog", "alerts/rules-loaded"} <= passed, run.output
    assert "components/catalog-services-have-log-streams" in run.verdicts("loki", "pass")
    # A dashboard of all services cannot be full with one. The site has no receivers: whether its first notification has
    # failed by now depends on how long the run took.
    expected = ("dashboards/", "components/notifications-sent")
    wrong = [
        one
        for one in run.report["verdicts"]
        if one["outcome"] in ("fail", "error") and not one["rule"].startswith(expected)
    ]
    assert not wrong, run.output


@pytest.mark.native
def test_services_get_traffic_only_when_the_target_file_says_so(site: Site, tmp_path: Path) -> None:
    log = site.service.spec.stdout
    before = log.read_text(encoding="utf-8").count("\n")
    quiet = judged(site, tmp_path / "quiet", "-k", "healthy")
    assert log.read_text(encoding="utf-8").count("\n") == before

    provoked = judged(site, tmp_path / "provoked", "-k", "healthy", more="provoke: true\n")

    assert log.read_text(encoding="utf-8").count("\n") == before + 3
    assert "metrics/traffic-answered" in provoked.verdicts("healthy", "pass")
    assert (quiet.code, provoked.code) == (0, 0), provoked.output


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "--stack attached needs --target FILE, the endpoints of the live stack"),
        (f"loki: http://127.0.0.1:1\n{OURS}services: {{nobody: http://h}}\n", "services.nobody: not in the catalog"),
        ("lokki: http://127.0.0.1:1\n", "1: lokki: unknown key; did you mean 'loki'?"),
    ],
)
def test_a_run_that_cannot_be_attached_is_a_usage_error(target: str | None, message: str, tmp_path: Path) -> None:
    arguments = ["--stack=attached"]
    if target is not None:
        (tmp_path / "target.yaml").write_text(target, encoding="utf-8")
        arguments.append(f"--target={tmp_path / 'target.yaml'}")

    run = finished(tmp_path / "run", *arguments)

    assert run.code == 4
    assert message in run.output
    assert "Traceback" not in run.output


def test_a_run_says_why_a_component_known_by_its_job_could_not_be_judged(tmp_path: Path) -> None:
    gateway = f"http://127.0.0.1:{free_port()}"
    text = f"gateway: {gateway}\nprometheus: {gateway}/m\npromtail: {{job: agent}}\n"
    (tmp_path / "target.yaml").write_text(text, encoding="utf-8")

    run = finished(tmp_path / "run", "--stack=attached", f"--target={tmp_path / 'target.yaml'}", "-k", "components")

    reasons = {rule: verdict["reason"] for rule, verdict in run.verdicts("promtail").items()}
    because = "because prometheus does not work: the gateway before it does not work"
    assert reasons["components/running-version-not-past-end-of-life"].startswith(because)
    assert reasons["components/component-targets-up"].startswith(because)
    assert reasons["components/component-ready"].startswith("the target file names no URL of promtail")
    assert reasons["components/clocks-in-sync"].startswith("the target file names promtail by its job alone")
    assert not [one for one in reasons.values() if "not part of this run" in one]
