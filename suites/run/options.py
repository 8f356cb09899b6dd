"""The command-line options of a conformance run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stack.servers.find import SERVERS_VARIABLE, found_in

NAME = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")
"""What a service may be called, as in `schemas/service.schema.json`."""
ROOT = Path(__file__).resolve().parents[2]


def add(parser: pytest.Parser) -> None:
    """Add the options to pytest's `--help` under "conformance"."""
    group = parser.getgroup("conformance", "observability conformance")
    group.addoption(
        "--stack",
        choices=["auto", "containers", "local", "attached"],
        default="auto",
        help="how the stack is run: `auto` takes containers where an engine answers and has the images, else "
        "processes on this machine (default: auto)",
    )
    group.addoption(
        "--target",
        type=Path,
        metavar="FILE",
        help="endpoints of a live stack, for `--stack attached` (YAML: prometheus, loki, grafana, … each a URL)",
    )
    group.addoption(
        "--servers",
        type=Path,
        metavar="DIR",
        help="folder with real servers, as binaries or unpacked release archives; they come before those on PATH "
        "(docs/real-servers.md says what to download)",
    )
    group.addoption(
        "--catalog",
        type=Path,
        metavar="DIR",
        help="folder of services to judge (default: fixtures/services)",
    )
    group.addoption(
        "--service",
        action="append",
        default=[],
        metavar="NAME",
        help="judge this service only; repeatable",
    )
    group.addoption(
        "--service-url",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="judge any metrics endpoint without a catalog entry; repeatable",
    )
    group.addoption(
        "--fail-on",
        choices=["must", "warning"],
        default="must",
        help="what fails the run: a broken MUST, or with `warning` also a broken SHOULD and what was not evaluated "
        "(default: must)",
    )
    group.addoption(
        "--no-retention-trial",
        action="store_true",
        help="leave out the retention trial, which takes about 20 s beside everything else; so do --service and "
        "--service-url",
    )


def retention_trial(config: pytest.Config) -> bool:
    """Whether the run is to prove that old data really is deleted: a run about single services leaves it out."""
    left_out = ("--no-retention-trial", "--service", "--service-url")
    return not any(config.getoption(option) for option in left_out)


def service_urls(config: pytest.Config) -> dict[str, str]:
    """The `--service-url` options by name; raises UsageError for one that is not NAME=URL."""
    found: dict[str, str] = {}
    for option in config.getoption("--service-url"):
        name, equals, url = option.partition("=")
        if not (equals and name.strip() and url.startswith(("http://", "https://"))):
            raise pytest.UsageError(
                f"--service-url {option!r}: expected NAME=URL, such as checkout=http://127.0.0.1:8080/metrics"
            )
        if not NAME.fullmatch(name):
            raise pytest.UsageError(
                f"--service-url {option!r}: {name!r} is no name: lower-case letters, digits, and . _ - between them"
            )
        if "@" in url.partition("://")[2].partition("/")[0]:
            shown = f"{name}={url.partition('://')[0]}://…@{url.rpartition('@')[2]}"
            raise pytest.UsageError(f"--service-url {shown}: no user and password in the URL, they would be printed")
        if name in found:
            raise pytest.UsageError(f"--service-url names {name!r} twice")
        found[name] = url
    return found


def use_servers(config: pytest.Config) -> None:
    """Let this process and all that it starts find the programs of `--servers`, until pytest ends.

    Raises:
        pytest.UsageError: the folder holds none of the programs.

    """
    chosen = config.getoption("--servers")
    if chosen is None or hasattr(config, "workerinput"):  # a worker of pytest-xdist inherits the variable
        return
    folder = config.invocation_params.dir / chosen
    if not found_in(folder):
        raise pytest.UsageError(
            f"--servers {chosen}: there is no server in this folder, neither as a binary nor in an unpacked release "
            "archive; docs/real-servers.md says what to download"
        )
    patch = pytest.MonkeyPatch()
    patch.setenv(SERVERS_VARIABLE, str(folder.resolve()))
    config.add_cleanup(patch.undo)


def check_stack(config: pytest.Config) -> None:
    """Raise UsageError for a stack that this run cannot have, rather than judge another one than was asked for."""
    chosen, target = config.getoption("--stack"), config.getoption("--target")
    if target is not None and chosen != "attached":
        raise pytest.UsageError("--target names the endpoints of a live stack: it needs --stack attached")
