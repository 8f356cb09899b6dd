"""What cannot be run as asked is one clear message with exit code 4, before anything is started."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.servers.find import SERVERS_VARIABLE, find_binary
from suites.run.options import use_servers
from suites.run.run_folder import RunFolder
from suites.run.session import RunSession
from tests.support.conformance_run import finished

SERVICE = """\
name: {name}
system: shop
owner: {{team: Shop, contact: shop@example.com}}
start: {{attached: {{url: "http://127.0.0.1:1"}}}}
metrics: {{}}
"""
WAIVER = """\
waivers:
  - {{rule: {rule}, reason: it is old, owner: shop, expires: "2999-12-31"}}
"""


class Asked:
    """As much of pytest's config as a run needs: its options, the folder it was started in, its cleanup."""

    def __init__(self, **options: Any) -> None:
        self.invocation_params = pytest.Config.InvocationParams(args=(), plugins=None, dir=Path.cwd())
        self.cleanups: list[Callable[[], object]] = []
        self.add_cleanup = self.cleanups.append
        given: dict[str, Any] = {
            "--stack": "auto",
            "--target": None,
            "--catalog": None,
            "--service": [],
            "--service-url": [],
            "--budget": [],
            "--service-log": [],
            "--no-retention-trial": False,
            "--ca-file": None,
            "--shard": None,
        }
        self._options = given | {f"--{name.replace('_', '-')}": value for name, value in options.items()}

    def getoption(self, name: str, default: Any = None) -> Any:
        return self._options.get(name, default)


def message(**options: Any) -> str:
    """The usage error for these options; fails where there is none."""
    run = RunSession(Asked(**options))  # type: ignore[arg-type]  # a stand-in with the options alone
    with pytest.raises(pytest.UsageError) as refused:
        run.check()
    return str(refused.value)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def catalog(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / "catalog" / name).mkdir(parents=True)
        (tmp_path / "catalog" / name / "service.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "catalog"


GOOD = SERVICE.format(name="shop")
BROKEN = {
    "broken YAML": (GOOD + "logs: [", r"service\.yaml:7: not YAML: "),
    "a tab for indentation": (GOOD + "logs:\n\tformat: zap\n", r"service\.yaml:7: not YAML: "),
    "an anchor": (GOOD + "budgets: &all {series: 1}\n", r"service\.yaml:6: .*anchor"),
    "a key twice": (GOOD + "name: shop\n", r"service\.yaml:6: name: .*(twice|already|duplicate)"),
    "an unknown key": (GOOD + "metric: {}\n", r"service\.yaml:6: metric: unknown key; did you mean 'metrics'\?"),
    "a wrong type": (GOOD + "budgets: {series: many}\n", r"service\.yaml:6: budgets\.series: .*'many'"),
    "a missing key": (GOOD.replace("system: shop\n", ""), r"service\.yaml:1: .*system"),
    "no mapping": ("- shop\n", r"service\.yaml:1: "),
    "an empty file": ("", r"service\.yaml(:1)?: "),
    "binary data": ("\x00\x01", r"service\.yaml(:1)?: "),
    "a date that is none": (
        GOOD + WAIVER.format(rule="metrics/parsable").replace("2999-12-31", "2026-02-30"),
        r"service\.yaml:7: waivers\[0\]\.expires: .*2026-02-30",
    ),
    "an unknown rule": (
        GOOD + WAIVER.format(rule="metrics/parseable"),
        r"service\.yaml:7: waiver for unknown rule 'metrics/parseable'; did you mean 'metrics/parsable'\?",
    ),
    "a rule that judges no service": (
        GOOD + WAIVER.format(rule="components/component-ready"),
        r"service\.yaml:7: waiver for 'components/component-ready', which does not judge 'shop'; it judges ",
    ),
    "a component's job": (
        GOOD.replace("metrics: {}", "metrics: {job: loki}"),
        r"service\.yaml: metrics\.job: 'loki' is the job of the stack's own component",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_catalog_names_file_line_and_key(tmp_path: Path, case: str) -> None:
    text, expected = BROKEN[case]
    told = message(catalog=catalog(tmp_path, shop=text, fine=SERVICE.format(name="fine")))
    assert re.search(expected, told), told
    assert len(told.splitlines()) == 1, "one fault, one line"


def test_all_faults_of_a_catalog_are_told_at_once(tmp_path: Path) -> None:
    told = message(catalog=catalog(tmp_path, one=GOOD + "a: 1\n", two=GOOD + "b: 2\n"))
    assert len(told.splitlines()) == 3, told  # two unknown keys, and a name that is taken
    assert re.search(r"two/service\.yaml:1: name: 'shop' is taken already, by .*one/service\.yaml:1", told)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"service": ["nobody"]}, "--service nobody: not in the catalog; it has "),
        ({"service_url": ["shop"]}, "--service-url 'shop': expected NAME=URL"),
        ({"service_url": ["=http://127.0.0.1:1/"]}, "expected NAME=URL"),
        ({"service_url": ["shop=ftp://127.0.0.1/"]}, "expected NAME=URL"),
        ({"service_url": ["shop=http://"]}, "--service-url shop=http://: 'http://' is not an http or https URL"),
        ({"service_url": ["shop=http://127.0.0.1:99999/"]}, "--service-url shop=http://127.0.0.1:99999/: Port out of"),
        (
            {"service_url": ["../shop=http://127.0.0.1:1"]},
            "--service-url '../shop=http://127.0.0.1:1': '../shop' is no name",
        ),
        (
            {"service_url": ["shop=http://me:hunter2@h/"]},
            "--service-url shop=http://…@h/: no user and password in the URL",
        ),
        ({"service_url": ["shop=http://127.0.0.1:1"] * 2}, "--service-url names 'shop' twice"),
        ({"service_url": ["loki=http://127.0.0.1:3100"]}, "'loki' is the job of the stack's own component"),
        ({"service_url": ["shop=http://127.0.0.1:1"], "service": ["stop"]}, "--service stop: not in the catalog"),
        ({"budget": ["series=9"]}, "--budget is for --service-url"),
        ({"service_log": ["a=b.log"]}, "--service-log 'a=b.log': there is no --service-url a=URL; a service of the"),
        (
            {"service_url": ["a=http://127.0.0.1:1"], "service_log": ["b.log"]},
            "--service-log 'b.log': expected NAME=FILE",
        ),
        (
            {"service_url": ["a=http://127.0.0.1:1"], "service_log": ["a=b.log"]},
            "--service-log 'a=b.log': there is no file ",
        ),
        (
            {"budget": ["serie=9"]},
            "--budget 'serie=9': expected KEY=NUMBER, where KEY is one of body_bytes, label_values, ",
        ),
        ({"budget": ["series=many"]}, "--budget 'series=many': expected KEY=NUMBER"),
        ({"budget": ["series=0"]}, "--budget: a budget is more than 0"),
        ({"catalog": Path("/no/such/folder")}, "/no/such/folder: is no folder"),
        ({"target": Path("stack.yaml")}, "--target names the endpoints of a live stack: it needs --stack attached"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], expected: str) -> None:
    told = message(**options)
    assert expected in told
    assert len(told.splitlines()) == 1


def test_an_empty_catalog_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    assert "holds no service; add a folder with a service.yaml" in message(catalog=tmp_path / "catalog")


def test_a_catalog_and_a_url_may_not_share_a_name(tmp_path: Path) -> None:
    told = message(catalog=catalog(tmp_path, shop=GOOD), service_url=["shop=http://127.0.0.1:2"])
    assert told == "--service-url names a service of the catalog: shop"


@pytest.mark.parametrize("more", [["--co"], ["-n2"], ["-k", "nothing"]])
def test_pytest_ends_with_exit_code_4_and_the_message_alone(tmp_path: Path, more: list[str]) -> None:
    folder = catalog(tmp_path, shop=GOOD + "metric: {}\n")
    run = finished(tmp_path / "home", f"--catalog={folder}", *more)
    assert run.code == pytest.ExitCode.USAGE_ERROR, run.output
    errors = [line for line in run.output.splitlines() if line.startswith("ERROR: ")]
    assert errors == [f"ERROR: {folder}/shop/service.yaml:6: metric: unknown key; did you mean 'metrics'?"]
    assert "Traceback" not in run.output
    assert "starting the stack" not in run.output
    assert not run.folder.exists()
    assert not run.run.leftovers()


def test_the_suites_own_tests_need_no_catalog(pytestconfig: pytest.Config) -> None:
    """`pytest tests/` must run whatever state the shipped catalog is in: only suites ask for it."""
    from suites.run.plugin import _holds_suites

    root = pytestconfig.rootpath
    assert not _holds_suites(root / "tests")
    assert not _holds_suites(root / "tests" / "test_run_usage.py")
    assert _holds_suites(root)
    assert _holds_suites(root / "suites" / "metrics" / "test_metrics.py")


def test_the_folder_of_a_killed_run_is_removed_and_that_of_a_running_one_is_not(tmp_path: Path) -> None:
    killed, running = RunFolder.of(Asked()), RunFolder.of(Asked())  # type: ignore[arg-type]  # as above
    assert killed.in_use is not None
    killed.in_use.release()
    RunFolder.of(Asked())  # type: ignore[arg-type]  # as above
    assert not killed.path.exists()
    assert running.path.parent == tmp_path
    assert running.path.exists()


def test_a_folder_of_servers_is_used_until_pytest_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVERS_VARIABLE, "none")
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "servers" / "loki"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho loki, version 3.6.15\n", encoding="utf-8")
    program.chmod(0o755)
    config = Asked(servers=Path("servers"))
    use_servers(config)  # type: ignore[arg-type]  # a stand-in with what is used of it
    found = find_binary("loki")
    assert found is not None
    assert (found.path, found.source) == (program, "--servers")
    for cleanup in config.cleanups:
        cleanup()
    assert find_binary("loki") is None


def test_a_folder_without_servers_is_refused(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", f"--servers={tmp_path}", "--service=storage")
    assert run.code == 4
    assert f"--servers {tmp_path}: there is no server in this folder" in run.output
