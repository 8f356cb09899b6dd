"""The command-line options of a conformance run."""

from pathlib import Path

import pytest

from stack.components import AGENTS
from stack.servers.find import SERVERS_VARIABLE, found_in
from suites.collect.backend_choice import BACKENDS


def add(parser: pytest.Parser) -> None:
    """Add the options to pytest's `--help` under "conformance"."""
    group = parser.getgroup("conformance", "observability conformance")
    group.addoption(
        "--stack",
        choices=["auto", *BACKENDS],
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
        "--agent",
        choices=AGENTS,
        default=AGENTS[0],
        help="the log agent of the stack that is started (default: %(default)s)",
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
