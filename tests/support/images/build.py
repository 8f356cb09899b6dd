"""Builds images of the stack from what is on this machine: `python -m tests.support.images.build`.

For machines that cannot pull: Prometheus, Alertmanager and node-exporter as `make servers` built them, everything else
as it is found here. Loki, Promtail and Alloy are left out where they are not found, and that is printed.
The images are called `observability-conformance/<component>:<version>`, never by the names of the official ones, which
they are not. On standard output: the lines for compose's environment that use them.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.backends.containers.images import COPIED, LEFT_OUT
from stack.components import AGENTS, COMPONENTS
from stack.servers.failures import BuildError
from stack.servers.find import find_binary, why_absent
from stack.servers.gobuild import build as go_build
from tests.support.images.bundle import Folder, MissingProgramError, pack, program, python_files, with_libraries

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ROOT / "fixtures" / "services"
PAGES = ROOT / "stack" / "console" / "web" / "dist"
OURS = "observability-conformance"
VERSION_OF_SERVICES = "0.1.0"

Files = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class Image:
    """An image: what it holds, and how it starts. `variable` is the compose file's name for it."""

    name: str
    variable: str
    files: Callable[[Path], Files]
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    folders: Sequence[Folder] = ()
    environment: Sequence[str] = ()


def component(name: str, path: str, *tools: str) -> Callable[[Path], Files]:
    """The files of a component: its server at `path`, and programs of this machine that its health check uses."""

    def files(_work: Path) -> Files:
        found = find_binary(name)
        if found is None:
            raise MissingProgramError(why_absent(name))
        yield found.path, path
        yield from (_tool(tool) for tool in tools)

    return files


def _tool(name: str) -> tuple[Path, str]:
    # Shells are where scripts expect them, everything else in one directory of PATH.
    return program(name), f"bin/{name}" if name in ("sh", "bash") else f"usr/bin/{name}"


def prometheus_files(work: Path) -> Files:
    """Prometheus and promtool."""
    yield from component("prometheus", "bin/prometheus")(work)
    yield from component("promtool", "bin/promtool")(work)


GATEWAY_TOOLS = ("sh", "cat", "curl", "env", "envsubst", "openssl", "sed")


def gateway_files(work: Path) -> Files:
    """Nginx, what its start scripts call, and an entrypoint that does what the official image's does."""
    yield from component("gateway", "usr/sbin/nginx", *GATEWAY_TOOLS)(work)
    yield ROOT / "tests/support/images/gateway-entrypoint.sh", "docker-entrypoint.sh"


def dante_files(_work: Path) -> Files:
    """The Go services in one program."""
    yield go_build(SERVICES / "_dante_go", "dante"), "dante"


def python_service(folder: str) -> Callable[[Path], Files]:
    """A Python service with this interpreter and the packages of its requirements.txt, put below `work`."""

    def files(work: Path) -> Files:
        source = SERVICES / folder
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(work)]
        subprocess.run([*pip, "-r", str(source / "requirements.txt")], check=True, timeout=300)
        yield from python_files()
        yield from ((path, f"app/{folder}/{path.name}") for path in source.glob("*.py"))
        for path in work.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path, f"app/{path.relative_to(work)}"

    return files


def console_files(work: Path) -> Files:
    """What the console's Dockerfile copies, its packages, and its pages where they are built."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(work)]
    subprocess.run([*pip, "-r", str(ROOT / "requirements" / "console.txt")], check=True, timeout=600)
    yield from python_files()
    folders = {"app": work, "app/pages": PAGES}
    for line in COPIED.findall((ROOT / "stack" / "console" / "Dockerfile").read_text(encoding="utf-8")):
        *sources, _ = line.split()
        for source in (path for pattern in sources for path in ROOT.glob(pattern)):
            place = f"app/{source.relative_to(ROOT)}"
            if source.is_dir():
                folders[place] = source
            elif "/web/" not in place:
                yield source, place
    for place, folder in folders.items():
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and not place.startswith("app/stack/console/web"):
                yield path, f"{place}/{path.relative_to(folder)}"


NOBODY, LOKI, REDIS, CONSOLE = 65534, 10001, 999, 65532
PYTHON = ("PYTHONPATH=/app", "PYTHONHOME=/usr")
IMAGES = (
    Image("prometheus", "PROMETHEUS_IMAGE", prometheus_files, ["/bin/prometheus"], (), [Folder("prometheus", NOBODY)]),
    Image("loki", "LOKI_IMAGE", component("loki", "usr/bin/loki"), ["/usr/bin/loki"], (), [Folder("loki", LOKI)]),
    Image(
        "promtail",
        "PROMTAIL_IMAGE",
        component("promtail", "usr/bin/promtail", "bash", "head", "grep"),
        ["/usr/bin/promtail"],
    ),
    Image("alloy", "ALLOY_IMAGE", component("alloy", "bin/alloy", "bash", "head", "grep"), ["/bin/alloy"]),
    Image(
        "alertmanager",
        "ALERTMANAGER_IMAGE",
        component("alertmanager", "bin/alertmanager", "wget"),
        ["/bin/alertmanager"],
        (),
        [Folder("alertmanager", NOBODY)],
    ),
    Image(
        "node-exporter",
        "NODE_EXPORTER_IMAGE",
        component("node-exporter", "bin/node_exporter", "wget"),
        ["/bin/node_exporter"],
    ),
    Image(
        "redis",
        "REDIS_IMAGE",
        component("redis", "usr/bin/redis-server", "redis-cli", "sh", "grep"),
        (),
        (),
        [Folder("data", REDIS)],
    ),
    Image(
        "redis-exporter",
        "REDIS_EXPORTER_IMAGE",
        component("redis-exporter", "redis_exporter", "wget"),
        ["/redis_exporter"],
    ),
    Image("gateway", "GATEWAY_IMAGE", gateway_files, ["/docker-entrypoint.sh"]),
    Image("docker-proxy", "DOCKER_PROXY_IMAGE", component("docker-proxy", "usr/sbin/haproxy", "wget")),
    Image(
        "console",
        "CONSOLE_IMAGE",
        console_files,
        (),
        ["python", "-m", "stack.console", "serve"],
        [Folder("var/lib/console", CONSOLE), Folder("var/log/console", CONSOLE)],
        (*PYTHON, "CONSOLE_LISTEN=0.0.0.0:4081", *(["CONSOLE_WEB_DIR=/app/pages"] if PAGES.is_dir() else [])),
    ),
    Image("dante", "DANTE_IMAGE", dante_files, ["/dante"]),
    Image(
        "auth-service",
        "AUTH_SERVICE_IMAGE",
        python_service("auth_service"),
        (),
        ["python", "-m", "auth_service"],
        (),
        PYTHON,
    ),
    Image(
        "docaiche-api",
        "DOCAICHE_API_IMAGE",
        python_service("docaiche_api"),
        (),
        ["python", "-m", "docaiche_api"],
        [Folder("var/log/docaiche", NOBODY), Folder("var/lib/docaiche", NOBODY)],
        PYTHON,
    ),
)


def build(image: Image) -> str:
    """Build one image and return its name and tag.

    Raises:
        MissingProgramError, BuildError: what goes into it is not here.
        subprocess.SubprocessError: the engine refused it, or the index of packages did.

    """
    server = find_binary(image.name) if image.name in COMPONENTS else None
    reference = f"{OURS}/{image.name}:{server.version if server else VERSION_OF_SERVICES}"
    with tempfile.TemporaryDirectory() as work:
        archive = pack(with_libraries(image.files(Path(work))), image.folders)
    changes = [
        "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        *(f"ENV {pair}" for pair in image.environment),
        *([f"ENTRYPOINT {json.dumps(list(image.entrypoint))}"] if image.entrypoint else []),
        *([f"CMD {json.dumps(list(image.command))}"] if image.command else []),
    ]
    options = [option for change in changes for option in ("--change", change)]
    subprocess.run(
        [program("docker"), "import", *options, "-", reference],
        input=archive,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    return reference


def left_out(name: str) -> bool:
    """Whether there is no program for an image that the stack can run without: Loki and the agents."""
    return name in {"loki", *AGENTS} and find_binary(name) is None


def main(names: Sequence[str]) -> int:
    """Build the images named, or all; 0 when all but those left out were built, 2 for an unknown name."""
    unknown = set(names) - {image.name for image in IMAGES}
    if unknown:
        known = ", ".join(image.name for image in IMAGES)
        print(f"no image {', '.join(sorted(unknown))}; there are {known}", file=sys.stderr)  # noqa: T201  # see below
        return 2
    failed = 0
    for image in IMAGES:
        if names and image.name not in names:
            continue
        if left_out(image.name):
            print(f"{image.name}: left out: {why_absent(image.name)}", file=sys.stderr)  # noqa: T201  # likewise
            print(f"{image.variable}={LEFT_OUT}", flush=True)  # noqa: T201  # likewise
            continue
        try:
            print(f"{image.variable}={build(image)}", flush=True)  # noqa: T201  # the program's output
        except (MissingProgramError, BuildError, subprocess.SubprocessError, OSError) as broken:
            failed += 1
            print(f"{image.name}: not built: {broken}", file=sys.stderr)  # noqa: T201  # likewise
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
