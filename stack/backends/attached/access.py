"""How a target file says that a server is reached, and where the secrets for it are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stack.clients.sign_in import Access, OAuth2
from stack.text.durations import seconds
from stack.text.yaml_text import Problem, YamlText

COMMAND_S = 30.0
"""How long a command may take to give a secret, in seconds."""
UNIX = "unix://"
SOCKET_HOST = "http://docker.sock"
"""What stands for a host in requests through a Unix socket."""


def entry_of(value: Any) -> Mapping[str, Any]:
    """An entry written as a mapping, or as the URL alone."""
    return {"url": value} if isinstance(value, str) else value


def base_url(entry: Mapping[str, Any]) -> str:
    """The base URL of an entry; one for the host behind a Unix socket."""
    return SOCKET_HOST if entry["url"].startswith(UNIX) else str(entry["url"]).rstrip("/")


@dataclass(frozen=True)
class Secrets:
    """Reads the secrets of one target file, with files relative to `folder`.

    Each command is run once, however many entries name it: it may ask somebody, or be limited in how often it may ask.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    _given: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def read(self, source: Mapping[str, Any]) -> str:
        """A secret from the environment, a file or the output of a command.

        Raises:
            ValueError: there is none; the text names the source and never the secret.

        """
        if "env" in source:
            if not self.environment.get(source["env"]):
                raise ValueError(f"the environment variable {source['env']} is not set")
            return self.environment[source["env"]]
        if "file" in source:
            path: Path = self.folder / source["file"]
            try:
                found = path.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as broken:
                raise ValueError(f"{path} cannot be read: {broken}") from None
        else:
            command = tuple(source["command"])
            if command not in self._given:
                self._given[command] = self._output(command)
            found = self._given[command]
        if not found:
            raise ValueError(f"{source.get('file') or source['command'][0]} gives no secret: it is empty")
        return found

    def _output(self, command: tuple[str, ...]) -> str:
        try:
            done = subprocess.run(  # noqa: S603  # the command that the site names
                command, cwd=self.folder, capture_output=True, text=True, timeout=COMMAND_S, check=True
            )
        except (OSError, subprocess.SubprocessError) as broken:
            why = f"exit code {broken.returncode}" if isinstance(broken, subprocess.CalledProcessError) else broken
            raise ValueError(f"`{command[0]}` gives no secret: {why}") from None
        return str(done.stdout).strip()


def access(entry: Mapping[str, Any], secrets: Secrets) -> Access:
    """How a server is reached; secrets are read from where the file says that they are.

    Raises:
        ValueError: there is no such secret; the text names the source and never the secret.

    """
    basic, read, folder = None, secrets.read, secrets.folder
    if "user_env" in entry:
        basic = secrets.environment[entry["user_env"]], secrets.environment[entry["password_env"]]
    elif "user" in entry:
        basic = read(entry["user"]), read(entry["password"])
    grant, certificate = entry.get("oauth2"), entry.get("certificate")
    oauth2 = grant and OAuth2(
        grant["token_url"], read(grant["client_id"]), read(grant["client_secret"]), tuple(grant.get("scopes", ()))
    )
    url = entry.get("url", "")
    return Access(
        basic,
        read(entry["bearer"]) if "bearer" in entry else "",
        oauth2,
        entry.get("tenant", ""),
        certificate and (str(folder / certificate["file"]), str(folder / certificate["key"])),
        entry.get("proxy", ""),
        seconds(entry.get("timeout")) or 0.0,
        str(folder / entry["ca_file"]) if "ca_file" in entry else "",
        url.removeprefix(UNIX) if url.startswith(UNIX) else "",
    )


def access_problems(document: YamlText, at: tuple[str, ...], value: Any, secrets: Secrets) -> Iterator[Problem]:
    """Secrets and certificates that are not where an entry says, and ways to sign in that exclude each other."""
    entry, folder = entry_of(value), secrets.folder
    for key in ("user_env", "password_env"):
        variable = entry.get(key)
        if variable and not secrets.environment.get(variable):
            message = f"the environment variable {variable} is not set"
            yield Problem(document.line_of((*at, key)), message, (*at, key))
    ways = [key for key in ("user_env", "user", "bearer", "oauth2") if key in entry]
    if len(ways) > 1:
        place = (*at, ways[1])
        yield Problem(document.line_of(place), f"{' and '.join(ways)} exclude each other", place)
    sources: dict[tuple[str, ...], Any] = {
        (*at, key): entry[key] for key in ("user", "password", "bearer") if key in entry
    }
    grant = entry.get("oauth2", {})
    sources |= {(*at, "oauth2", key): grant[key] for key in ("client_id", "client_secret") if key in grant}
    for place, source in sources.items():
        try:
            secrets.read(source)
        except ValueError as missing:
            yield Problem(document.line_of(place), str(missing), place)
    certificate, authority = entry.get("certificate"), entry.get("ca_file", "")
    shown = certificate and (str(folder / certificate["file"]), str(folder / certificate["key"]))
    for key, one in {
        "certificate": Access(certificate=shown),
        "ca_file": Access(ca_file=str(folder / authority) if authority else ""),
    }.items():
        try:
            one.context()
        except OSError as broken:
            place = (*at, key)
            yield Problem(document.line_of(place), f"it cannot be used: {broken}", place)
