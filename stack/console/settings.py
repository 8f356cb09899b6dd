"""What the environment tells the console; read once at start, and refused there if it cannot be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from stack.console.terminal.config import TerminalConfig, TerminalFileError, load

SYSTEM, SERVICE, AUDIT = "monitoring", "console", "console-audit"
DEFAULT_PORTS = {"http": 80, "https": 443}


class SettingsError(ValueError):
    """A variable has a value that cannot be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Addresses are base URLs without a trailing slash; an empty one means that the server is not there."""

    data: Path
    listen: str = "127.0.0.1:4081"
    public_url: str = "http://localhost:4080"
    hosts: frozenset[str] = frozenset()
    """Further `Host` headers under which the console is reached, as `name:port`."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.1/32"), ip_network("::1/128"))
    """Whose `X-Real-IP` is believed: the gateway's address or network."""
    insecure_cookies: bool = False
    """Sign-in without TLS from other machines; the console reports that it is on."""
    admin: str = "admin"
    admin_password: str = field(default="", repr=False)
    loki: str = ""
    loki_simulated: bool = False
    prometheus: str = ""
    alertmanager: str = ""
    grafana: str = ""
    docker: str = ""
    project: str = "observability"
    """The compose project whose containers are shown."""
    dashboards: Path | None = None
    log_dir: Path | None = None
    """Where the agent finds the logs of services, as `<system>/<service>/<instance>.log`."""
    web: Path | None = None
    """The built front end; without it only the API is served."""
    terminal: TerminalConfig = field(default_factory=TerminalConfig)
    """The hosts that the SSH terminal reaches; without any it is off."""
    environment: str = "development"
    instance: str = "main"

    def log_file(self, service: str) -> Path:
        """Where the lines of the console or of its audit log go; in the data folder where no agent reads."""
        if self.log_dir is None:
            return self.data / f"{service}.log"
        return self.log_dir / SYSTEM / service / f"{self.instance}.log"

    @property
    def origin(self) -> str:
        """The origin that browsers send: scheme, host, and the port where it is not the scheme's own."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Whether users reach the console by TLS."""
        return self.public_url.startswith("https:")

    @property
    def known_hosts(self) -> frozenset[str]:
        """The `Host` headers that are answered, in lower case."""
        return frozenset(host.lower() for host in {urlsplit(self.public_url).netloc, *self.hosts})

    @property
    def origins(self) -> frozenset[str]:
        """The origins of the console's own pages, under each of its hosts."""
        scheme = "https" if self.secure else "http"
        return frozenset(f"{scheme}://{host}" for host in self.known_hosts)


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read the variables that `docs/console.md` lists.

    Raises:
        SettingsError: one cannot be used; the message names it and what it must be.

    """
    public = env.get("PUBLIC_URL") or Settings.public_url
    return Settings(
        data=Path(env.get("CONSOLE_DATA_DIR") or "/var/lib/console"),
        listen=env.get("CONSOLE_LISTEN") or Settings.listen,
        public_url=_url("PUBLIC_URL", public),
        hosts=frozenset(_listed(env.get("CONSOLE_HOSTS", ""))),
        proxies=_networks(env.get("CONSOLE_TRUSTED_PROXIES") or "127.0.0.1/32,::1/128"),
        insecure_cookies=_switch("CONSOLE_INSECURE_COOKIES", env.get("CONSOLE_INSECURE_COOKIES", "")),
        admin=env.get("CONSOLE_ADMIN") or Settings.admin,
        admin_password=env.get("CONSOLE_ADMIN_PASSWORD", ""),
        loki_simulated=_switch("CONSOLE_LOKI_SIMULATED", env.get("CONSOLE_LOKI_SIMULATED", "")),
        **{
            name: _url(variable, env[variable]) if env.get(variable) else ""
            for name, variable in (
                ("loki", "LOKI_URL"),
                ("prometheus", "PROMETHEUS_URL"),
                ("alertmanager", "ALERTMANAGER_URL"),
                ("grafana", "GRAFANA_URL"),
                ("docker", "DOCKER_URL"),
            )
        },
        project=env.get("CONSOLE_PROJECT") or Settings.project,
        dashboards=_folder("GRAFANA_DASHBOARDS_DIR", env),
        log_dir=_path(env.get("CONSOLE_LOG_DIR")),
        web=_folder("CONSOLE_WEB_DIR", env),
        terminal=_terminal(_path(env.get("CONSOLE_TERMINAL_FILE"))),
        environment=env.get("ENVIRONMENT") or Settings.environment,
        instance=env.get("INSTANCE") or Settings.instance,
    )


def _url(variable: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in DEFAULT_PORTS and parts.hostname and parts.port != 0 and not parts.username
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"{variable}: `{value}` is not an http or https URL without a user name")
    return value.rstrip("/")


def _folder(variable: str, env: Mapping[str, str]) -> Path | None:
    path = _path(env.get(variable))
    if path is not None and not path.is_dir():
        raise SettingsError(f"{variable}: there is no folder `{path}`")
    return path


def _switch(variable: str, value: str) -> bool:
    if value.lower() not in ("", "true", "false"):
        raise SettingsError(f"{variable}: `{value}` is neither `true` nor `false`")
    return value.lower() == "true"


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part) for part in _listed(value))
    except ValueError as error:
        raise SettingsError(f"CONSOLE_TRUSTED_PROXIES: {error}") from error


def _terminal(path: Path | None) -> TerminalConfig:
    try:
        return load(path) if path else TerminalConfig()
    except TerminalFileError as error:
        raise SettingsError(f"CONSOLE_TERMINAL_FILE: {error}") from error


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
