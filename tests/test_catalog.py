"""The catalog loads what is right and names file, line and key of everything that is wrong."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from fixtures.catalog import CatalogError, load
from fixtures.service import Attached, Move, Service, Waiver

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "fixtures" / "services"

MINIMAL = """\
name: shop
system: demo
owner: {team: Shop, contact: shop@example.com}
metrics: {}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(here: Path, text: str | bytes, name: str = "shop") -> Path:
    folder = here / "cat" / name
    folder.mkdir(parents=True)
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "service.yaml").write_bytes(content)
    return here / "cat"


def refused(catalog: Path) -> tuple[str, ...]:
    with pytest.raises(CatalogError) as caught:
        load(catalog)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_least_service_gets_the_documented_defaults(here: Path) -> None:
    (service,) = load(put(here, MINIMAL)).services
    assert (service.name, service.system, service.environment) == ("shop", "demo", "conformance")
    assert service.metrics.path == "/metrics"
    assert service.metrics.job == "shop"
    assert service.metrics.scrape_timeout_s == 10
    assert service.logs is None
    assert service.start.local is None
    assert service.where == "cat/shop/service.yaml"


def test_shipped_catalog_is_valid_and_complete() -> None:
    services = {service.name: service for service in load(SHIPPED).services}
    assert set(services) == {
        "api-gateway",
        "auth-service",
        "docaiche-api",
        "node-exporter",
        "prometheus",
        "provider-registry",
        "redis-exporter",
        "scheduler",
        "storage",
    }
    for service in services.values():
        assert service.start.local is not None, service.name
        assert service.start.containers is not None, service.name
        assert service.metrics.required, service.name
        assert service.logs is not None, service.name
        if service.logs.format != "none":
            assert all(request.counter_labels and request.logs for request in service.traffic), service.name


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ("colour: red\n", "5: colour: unknown key; known here: budgets, description, environment, logs, "),
        ("budgte: {}\n", "5: budgte: unknown key; did you mean 'budgets'?"),
        (
            "traffic: [{path: /, method: get}]\n",
            "5: traffic[0].method: 'get' is not one of GET, HEAD, POST, PUT, PATCH, DELETE",
        ),
        ("description: 7\n", "5: description: must be a text, not the number 7; put it in quotes"),
        ("description: true\n", "5: description: must be a text, not true; put it in quotes"),
        ("description:\n", "5: description: must be a text, not empty"),
        ('description: ""\n', "5: description: must not be empty"),
        ("budgets: [1]\n", "5: budgets: must be a mapping, not a list"),
        ("budgets: {series: 0}\n", "5: budgets.series: 0 is less than 1"),
        ("budgets: {series: 1.5}\n", "5: budgets.series: must be a whole number, not the number 1.5"),
        ("budgets:\n  series: 1\n  series: 2\n", "7: budgets.series: duplicate key, first given in line 6"),
        ("ready: {timeout_s: 3}\n", "5: ready.path: is missing"),
        ("ready: {path: healthz}\n", "5: ready.path: 'healthz' is not an absolute path such as /metrics"),
        ('ready: {path: "/a\\n"}\n', "5: ready.path: '/a\\n' is not an absolute path such as /metrics"),
        ("ready: {path: /, timeout_s: 1e999}\n", "5: ready.timeout_s: inf is more than 600"),
        ("start: {}\n", "5: start: must not be empty"),
        ("start: {local: 5}\n", "5: start.local: must be a mapping, not the number 5"),
        ("start: {local: {env: {}}}\n", "5: start.local: needs exactly one of argv, component; has none of them"),
        (
            "start: {local: {argv: [a], component: loki}}\n",
            "5: start.local: needs exactly one of argv, component; has argv and component",
        ),
        (
            "start: {local: {component: loki, env: {A: b}}}\n",
            "5: start.local.env: has no effect where component says what runs",
        ),
        (
            "start: {local: {argv: [a], env: {A-B: c}}}\n",
            "5: start.local.env.A-B: the key 'A-B' must be the name of an environment variable",
        ),
        (
            'start:\n  local:\n    argv:\n      - a\n      - "{prot}"\n',
            "9: start.local.argv[1]: unknown placeholder {prot}; did you mean 'port'?",
        ),
        (
            'start: {local: {argv: ["{port"]}}\n',
            "5: start.local.argv[0]: a lone { in '{port'; write {{ for a plain brace",
        ),
        ('start: {local: {argv: ["{built}"]}}\n', "5: start.local.argv[0]: {built} needs start.local.build"),
        (
            "start: {local: {argv: [a], build: {go: nowhere}}}\n",
            "5: start.local.build.go: 'nowhere' is no folder with a go.mod",
        ),
        ("start: {local: {argv: [a], cwd: nowhere}}\n", "5: start.local.cwd: 'nowhere' is no folder"),
        ("start: {containers: {build: .}}\n", "5: start.containers.build: '.' is no folder with a Dockerfile"),
        (
            "start: {attached: {url: 'http://me:pw@host'}}\n",
            "5: start.attached.url: 'http://me:pw@host' is not http:// or https:// and a host, without path",
        ),
        ("logs: {format: none}\n", "5: logs.reason: is missing"),
        (
            "logs: {format: zapp}\n",
            "5: logs.format: 'zapp' is not one of zap, structlog, ecs, none; did you mean 'zap'?",
        ),
        ("logs: {format: zap, file: a.log}\n", "5: logs.file: needs source: file"),
        ("logs: {format: zap, source: file, file: ../a}\n", "5: logs.file: '../a' is not a plain file name"),
        (
            "logs: {format: zap, loggers: {db: {rows: int}}}\n",
            "5: logs.loggers.db.rows: 'int' is not JSON types such as string, number? or integer|null",
        ),
        (
            "traffic: [{path: /, counter_labels: {code: '200'}}]\n",
            "5: traffic[0].counter_labels: needs request_counter, which says what counts",
        ),
        (
            "traffic: [{path: /, headers: {x-request-id: a}}]\n",
            "5: traffic[0].headers.x-request-id: is set by the runner, which gives each request its own",
        ),
        (
            "traffic: [{path: /, logs: [{level: info}]}]\n",
            "5: traffic[0].logs: are expected of a service or request whose lines are not judged",
        ),
        ("waivers: [{rule: metrics/x, reason: r, owner: o}]\n", "5: waivers[0].expires: is missing"),
        ("waivers: [{rule: metrics/x, owner: o, expires: 2027-01-31}]\n", "5: waivers[0].reason: is missing"),
        ("waivers: [{rule: metrics/x, reason: r, expires: 2027-01-31}]\n", "5: waivers[0].owner: is missing"),
        (
            "waivers: [{rule: metrics/x, reason: r, owner: o, expires: 2027-02-30}]\n",
            "5: waivers[0].expires: there is no day 2027-02-30",
        ),
        (
            "waivers: [{rule: metrics/x, reason: r, owner: o, expires: soon}]\n",
            "5: waivers[0].expires: 'soon' is not a date as YYYY-MM-DD",
        ),
        ("budgets: &b {series: 1}\n", "5: budgets: &b is an anchor; write values out where they are needed"),
        ("budgets: *b\n", "5: budgets: *b is an alias; write the value out"),
        ("budgets: !!python/name:os.system {}\n", "5: budgets: the tag tag:yaml.org,2002:python/name:os.system is not"),
        ("budgets: {? [a] : 1}\n", "5: budgets: a key must be a plain text"),
        ("---\nname: two\n", "5: a second document begins here; one file holds one service"),
        ("budgets: {series: 1\n", "6: broken YAML: "),
        ("budgets: " + "[" * 400 + "]" * 400 + "\n", "5: budgets[0][0]: nested more than 32 levels deep"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_key(here: Path, addition: str, message: str) -> None:
    problems = refused(put(here, MINIMAL + addition))
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"cat/shop/service.yaml:{message}")


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("{name: a_total, type: count}", "type: 'count' is not one of counter, gauge, histogram, gaugehistogram, "),
        ("{name: a b, type: gauge}", "name: 'a b' is not made of letters, digits, _ and :, not beginning with a digit"),
        ("{name: a_ms, type: gauge, unit: seconds}", "unit: 'seconds' is not the unit that 'a_ms' ends with"),
        ("{name: a, type: info}", "name: an info is exposed under a name that ends with _info, 'a' does not"),
        ("{name: a, type: gauge, labels: [job]}", "labels[0]: 'job' is added by Prometheus and must not be exposed"),
        ("{name: a, type: gauge, labels: [x, x]}", "labels: holds the same item twice"),
        ("{type: gauge}", "name: is missing"),
    ],
)
def test_mistakes_in_required_metrics(here: Path, metric: str, message: str) -> None:
    text = MINIMAL.replace("metrics: {}\n", f"metrics:\n  required:\n    - {metric}\n")
    (problem,) = refused(put(here, text))
    assert problem.startswith(f"cat/shop/service.yaml:6: metrics.required[0].{message}")


def test_the_nearest_type_is_proposed(here: Path) -> None:
    text = MINIMAL.replace("metrics: {}\n", "metrics: {required: [{name: a_total, type: countr}]}\n")
    (problem,) = refused(put(here, text))
    assert problem.endswith("is not one of counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown"
                            "; did you mean 'counter'?")  # fmt: skip


def test_all_problems_of_all_files_come_at_once(here: Path) -> None:
    put(here, "name: a\nsystem: s\ncolour: red\nmetrics: {port: high}\n", "a")
    put(here, MINIMAL, "b")
    put(here, MINIMAL, "c")
    put(here, "", "d")
    put(here, b"name: caf\xe9\n", "e")
    (here / "cat" / "f").mkdir()
    (here / "cat" / "g").mkdir()
    (here / "cat" / "g" / "service.yml").touch()
    (here / "cat" / "_shared").mkdir()
    known = (
        "budgets, description, environment, logs, metrics, name, owner, ready, request_counter, start, system, "
        "traffic, waivers"
    )
    assert refused(here / "cat") == (
        "cat/a/service.yaml:1: owner: is missing",
        f"cat/a/service.yaml:3: colour: unknown key; known here: {known}",
        "cat/a/service.yaml:4: metrics.port: must be a whole number, not the text 'high'",
        "cat/c/service.yaml:1: name: 'shop' is taken already, by cat/b/service.yaml:1",
        "cat/d/service.yaml:1: the file is empty",
        "cat/e/service.yaml:1: byte 0xe9 is not UTF-8; save the file as UTF-8",
        "cat/f/service.yaml: is missing; add a service.yaml, or begin the folder's name with _",
        "cat/g/service.yaml: is missing; rename service.yml to service.yaml",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x01\x02", "broken YAML: "),
        (b"- a\n- b\n", "must be a mapping, not a list"),
        (b"null\n", "must be a mapping, not empty"),
        (b"# only a comment\n", "the file is empty"),
        (b"a: " + b"x" * 300_000, "the file has 300003 bytes; at most 262144 are read"),
        (b"\xff\xfen\x00a\x00", "byte 0xff is not UTF-8; save the file as UTF-8"),
    ],
)
def test_files_that_hold_no_service(here: Path, content: bytes, message: str) -> None:
    (problem,) = refused(put(here, content))
    assert problem.startswith(f"cat/shop/service.yaml:1: {message}")


def test_folders_that_hold_no_catalog(here: Path) -> None:
    assert refused(here / "nowhere") == ("nowhere: is no folder; a catalog is a folder with one folder per service",)
    (here / "empty").mkdir()
    assert refused(here / "empty") == ("empty: holds no service; add a folder with a service.yaml",)


def test_an_alias_bomb_is_refused_at_once(here: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    started = time.monotonic()
    (problem,) = refused(put(here, f"l0: &l0 [x]\n{levels}\n"))
    assert problem.startswith("cat/shop/service.yaml:1: l0: &l0 is an anchor")
    assert time.monotonic() - started < 1


def test_plain_words_stay_texts_and_a_byte_order_mark_is_taken(here: Path) -> None:
    (service,) = load(put(here, b"\xef\xbb\xbf" + MINIMAL.encode() + b"environment: no\ndescription: 12:30\n")).services
    assert (service.environment, service.description) == ("no", "12:30")


def test_a_waiver_holds_up_to_its_last_day(here: Path) -> None:
    text = MINIMAL + "waivers:\n  - {rule: metrics/x, reason: r, owner: o, expires: 2027-01-31}\n"
    (service,) = load(put(here, text)).services
    assert service.waivers == (Waiver("metrics/x", "r", "o", date(2027, 1, 31), "cat/shop/service.yaml:6"),)
    assert not service.waivers[0].expired(date(2027, 1, 31))
    assert service.waivers[0].expired(date(2027, 2, 1))


def test_moves_add_up_requests_that_count_into_the_same_series(here: Path) -> None:
    request = "{path: /, count: %d, counter_labels: {code: '200'}}"
    text = (
        MINIMAL
        + "request_counter: {name: r_total, labels: {app: shop}}\n"
        + f"traffic: [{request % 2}, {request % 3}, {{path: /uncounted}}]\n"
    )
    (service,) = load(put(here, text)).services
    assert service.moves() == (Move("r_total", (("app", "shop"), ("code", "200")), 5),)


def test_bodies_are_sent_as_json_or_as_they_are(here: Path) -> None:
    text = MINIMAL + "traffic: [{path: /, body: {a: 1}}, {path: /, body: plain}]\n"
    (service,) = load(put(here, text)).services
    assert [(request.body, dict(request.headers)) for request in service.traffic] == [
        (b'{"a": 1}', {"Content-Type": "application/json"}),
        (b"plain", {}),
    ]


@pytest.mark.parametrize(
    ("url", "base", "path", "port"),
    [
        ("http://127.0.0.1:9100", "http://127.0.0.1:9100", "/metrics", 9100),
        ("http://h:1/", "http://h:1", "/metrics", 1),
        ("https://h/stats/prometheus?format=x", "https://h", "/stats/prometheus?format=x", 443),
    ],
)
def test_a_service_from_a_url_has_only_its_endpoint(url: str, base: str, path: str, port: int) -> None:
    service = Service.from_url("checkout", url)
    assert (service.start.attached, service.metrics.path, service.metrics.port) == (Attached(base), path, port)
    assert (service.metrics.required, service.traffic, service.waivers, service.logs) == ((), (), (), None)


@pytest.mark.parametrize("url", ["ftp://h/", "h:9100", "http://", ""])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not an http or https URL with a host"):
        Service.from_url("checkout", url)
