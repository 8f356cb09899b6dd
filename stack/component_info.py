"""What a row of the component table says."""

from dataclasses import dataclass
from datetime import date

BUILT = "run `make servers`"
DOWNLOADED = "put it on PATH or name its folder with --servers DIR (docs/real-servers.md says where to get it)"
PACKAGED = "install it (docs/real-servers.md names the package)"


@dataclass(frozen=True)
class GoBuild:
    """How `make servers` builds a program: `package` of `module`, pinned in `stack/servers/<folder>/go.mod`.

    `version` is what the program calls itself; `module_version` what its Go module is published as. `placeholder` is a
    file that the module embeds and does not contain, gzip-compressed, relative to its root: a page that says so is
    built in for it. `without` says what the program lacks compared with the release.
    """

    binary: str
    folder: str
    module: str
    package: str
    version: str
    module_version: str
    placeholder: str = ""
    without: str = ""

    @property
    def source(self) -> str:
        """Where the program came from, as the report names it."""
        return f"make servers, without {self.without}" if self.without else "make servers"


@dataclass(frozen=True)
class Checker:
    """The command that checks a configuration file: a program of this table, and its arguments around `{file}`."""

    binary: str
    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        """What is run, as one would type it: `promtool check config`."""
        words = [word for word in self.arguments if "{file}" not in word and word != "-config.expand-env=true"]
        return " ".join([self.binary, *words])


@dataclass(frozen=True, slots=True)
class EndOfLife:
    """No fixes are published for `versions` (a version's beginning; empty for all) from the day `ended` on."""

    versions: str
    ended: date
    source: str
    instead: str


@dataclass(frozen=True)
class ComponentInfo:
    """What there is to know about a component before it runs; of a tool only how to find its program.

    `image` and `tag` name the official container image. `port` and `ready_path` are where it answers 200 once ready (an
    empty path: the TCP port accepts), below `sub_path` where it is served under one. `published` is the variable of the
    compose file that says where its port is published; `user` who signs in.
    """

    name: str
    binaries: tuple[str, ...]
    """Names of its program, the official one first, then Debian's."""
    get: str = PACKAGED
    """What to do where no program is found."""
    version_args: tuple[str, ...] = ("--version",)
    build: GoBuild | None = None
    image: str = ""
    tag: str = ""
    port: int = 0
    ready_path: str = ""
    private_path: str = ""
    """A read that a gateway must deny without credentials."""
    module: str = ""
    """The module of this project that is its program, run by this interpreter: it is found wherever the suite runs."""
    sub_path: str = ""
    version_json: tuple[str, ...] = ()
    """Path and keys under which the running server states its version."""
    version_metric: str = ""
    """Or the info metric with a label `version`."""
    config_file: str = ""
    """Its shipped configuration, relative to `stack/`."""
    config_readable: bool = False
    """Whether the running server's API returns its configuration."""
    checker: Checker | None = None
    recipe: str = ""
    """The function that says how to run it as a local process, `module:function`, imported when it is needed."""
    instead_of: str = ""
    """The component that it can replace: it is part of a stack only where it is named."""
    required: bool = True
    """Whether a stack of containers is refused without its image; otherwise it is absent."""
    stand_in: bool = False
    """Whether the local backend replaces it where its program is not found; all of these together."""
    queried: bool = False
    """Whether rules query it: what needs it is not evaluated where a target file leaves it out."""
    scraped: bool = True
    """Whether it exposes metrics over HTTP."""
    published: str = ""
    user: str = ""
    ends: tuple[EndOfLife, ...] = ()
    """Releases past their end of life, most particular first; versions in no row are not known to have ended."""

    @property
    def build_info(self) -> str:
        """The info metric that a component exposes about its build, by which its targets are recognised."""
        return self.version_metric or f"{self.name.replace('-', '_')}_build_info"

    @property
    def image_reference(self) -> str:
        """`repository:tag`, as the compose file has it; empty for what is only a tool."""
        return f"{self.image}:{self.tag}" if self.image else ""
