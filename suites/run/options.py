"""The command-line options of a conformance run."""

import os
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from stack.clients.http import CA_VARIABLE
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
        "--write-target",
        action="append",
        default=[],
        metavar="SERVER",
        help="print a first target file from what a server says, and judge nothing; repeatable, once for each of "
        "Prometheus, Loki, Alertmanager and Grafana. SERVER is a URL, or as in a target file: "
        "'{url: https://host/prometheus, user_env: VARIABLE, password_env: VARIABLE}'",
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
        "--shard",
        metavar="NUMBER/OF",
        help="judge a part of the services: 2/8 is every eighth by name, from the second on; 1/8 also judges what "
        "belongs to the whole stack. `python -m reports merge` makes one report of all parts",
    )
    group.addoption(
        "--service-url",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="judge any metrics endpoint without a catalog entry; repeatable",
    )
    group.addoption(
        "--service-log",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="the log file that a service of --service-url writes on this machine; repeatable",
    )
    group.addoption(
        "--budget",
        action="append",
        default=[],
        metavar="KEY=NUMBER",
        help="what each --service-url may cost: series, body_bytes, scrape_seconds or label_values, as under `budgets` "
        "in service.yaml; repeatable",
    )
    group.addoption(
        "--dashboards",
        type=Path,
        metavar="DIR",
        help="judge the dashboards of this folder by their files, and nothing else; no stack is started",
    )
    group.addoption(
        "--alerts",
        type=Path,
        metavar="DIR",
        help="judge the rule files, tests of rules and Alertmanager's files in this folder, and nothing else; no stack "
        "is started",
    )
    group.addoption(
        "--ca-file",
        type=Path,
        metavar="FILE",
        help="certificates (PEM) to trust beside the system's: of services, of an attached stack, by the Prometheus "
        "that is started; for a single service, `metrics.ca_file` in its service.yaml",
    )
    group.addoption(
        "--fail-on",
        choices=["must", "warning", "new"],
        default="must",
        help="what fails the run: a broken MUST; with `warning` also a broken SHOULD and what was not evaluated; with "
        "`new` only a finding of a MUST that --baseline does not have (default: must)",
    )
    group.addoption(
        "--no-retention-trial",
        action="store_true",
        help="leave out the trials on temporary servers: of retention, and of alerts from a fault to their message; so "
        "do --service and --service-url",
    )


def trust(config: pytest.Config, files: Sequence[Path], folder: Path) -> None:
    """Let this process and all that it starts trust the certificates in `files` beside the system's.

    They come together in one file of the run's `folder`, whose name is in the variable that OpenSSL and Go read.

    Raises:
        pytest.UsageError: a file holds no certificate.

    """
    parts = []
    for file in files:
        try:
            ssl.create_default_context(cafile=str(file))
            parts.append(file.read_text(encoding="ascii", errors="replace"))
        except (OSError, ValueError) as wrong:
            reason = wrong.strerror if isinstance(wrong, FileNotFoundError) else "it holds no certificate in PEM"
            raise pytest.UsageError(f"--ca-file or metrics.ca_file {file}: {reason}") from None
    if parts:
        if system := ssl.get_default_verify_paths().cafile:
            parts.append(Path(system).read_text(encoding="ascii", errors="replace"))
        bundle = folder / f"trusted-{os.getpid()}.pem"
        bundle.write_text("\n".join(parts), encoding="utf-8")
        patch = pytest.MonkeyPatch()
        patch.setenv(CA_VARIABLE, str(bundle))
        config.add_cleanup(patch.undo)


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
