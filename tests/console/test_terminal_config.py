"""The file of the terminal's hosts: what is wrong with it is named with file, line and key."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stack.console.settings import SettingsError, from_environment
from stack.console.terminal.config import MB, Target, TerminalConfig, TerminalFileError, load

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBQvJ5Yt7mBWbzHXbCbMk0mfVbTgUCZPqYQxAq6tF1uS"
GOOD = f"""targets:
  - name: db-1
    host: 10.0.0.5
    port: 2222
    user: ops
    host_key: {HOST_KEY} root@db-1
    private_key: keys/db-1
idle: 90s
longest: 1h30m
sessions: 2
record_input: true
recording_mb: 3
recordings_mb: 30
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write the file, with a private key beside it that only its owner can read."""
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "db-1"
    key.touch(mode=0o600)
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n", encoding="ascii")

    def to_file(text: str) -> Path:
        path = tmp_path / "terminal.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def test_hosts_and_limits_are_read(write: Callable[[str], Path]) -> None:
    config = load(write(GOOD))
    target = config.targets["db-1"]
    assert (target.host, target.port, target.user) == ("10.0.0.5", 2222, "ops")
    assert target.private_key.read_bytes().startswith(b"-----BEGIN")
    assert (config.idle_s, config.longest_s, config.sessions, config.record_input) == (90, 5400, 2, True)
    assert (config.recording_bytes, config.recordings_bytes) == (3 * MB, 30 * MB)


def test_the_example_of_the_docs_is_read_and_shows_the_defaults(write: Callable[[str], Path]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    config = load(write(example.replace("bastion.key", "keys/db-1")))
    assert replace(config, targets={}) == TerminalConfig()
    assert config.targets["bastion"].port == Target.port


def test_without_the_variable_the_terminal_is_off() -> None:
    assert from_environment({}).terminal.targets == {}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("port: 2222", "port: 70000"), "4: targets[0].port: 70000 is more than 65535"),
        (("user: ops", "user: -oProxyCommand=x"), "5: targets[0].user: '-oProxyCommand=x' is not an account name"),
        (("    user: ops\n", ""), "2: targets[0].user: is missing"),
        ((HOST_KEY, "SHA256:abc"), "6: targets[0].host_key: 'SHA256:abc root@db-1' is not the public key of the host"),
        (("ssh-ed25519", "ssh-rsa"), "6: targets[0].host_key: is no ssh-rsa key"),
        (("keys/db-1", "keys/none"), "7: targets[0].private_key: {folder}/keys/none cannot be read: No such file"),
        (("keys/db-1", "terminal.yaml"), "7: targets[0].private_key: {folder}/terminal.yaml can be read by others"),
        (("idle: 90s", "idle: 90"), "8: idle: must be a text, not the number 90; put it in quotes"),
        (("idle: 90s", "idle: 0s"), "8: idle: must be longer than nothing"),
        (("sessions: 2", "session: 2"), "10: session: unknown key; did you mean 'sessions'?"),
        (("targets:", "targets: []\nothers:"), "1: targets: must not be empty"),
        (
            ("idle:", f"  - {{name: db-1, host: x, user: y, host_key: {HOST_KEY}, private_key: keys/db-1}}\nidle:"),
            "8: targets[1].name: `db-1` is the name of another target, too",
        ),
    ],
)
def test_each_mistake_is_named_with_line_and_key(
    write: Callable[[str], Path], wrong: tuple[str, str], message: str
) -> None:
    assert wrong[0] in GOOD
    path = write(GOOD.replace(*wrong, 1))
    with pytest.raises(SettingsError) as refusal:
        from_environment({"CONSOLE_TERMINAL_FILE": str(path)})
    expected = f"CONSOLE_TERMINAL_FILE: {path}:{message.format(folder=path.parent)}"
    assert str(refusal.value).startswith(expected)
    assert "c2VjcmV0" not in str(refusal.value)


def test_a_key_file_without_a_key_and_a_missing_file_are_refused(write: Callable[[str], Path]) -> None:
    path = write(GOOD)
    (path.parent / "keys" / "db-1").write_text("c2VjcmV0\n", encoding="ascii")
    with pytest.raises(TerminalFileError, match="is no private key in OpenSSH or PEM form") as refusal:
        load(path)
    assert "c2VjcmV0" not in str(refusal.value)
    with pytest.raises(TerminalFileError, match=r"none\.yaml: cannot be read: No such file"):
        load(path.parent / "none.yaml")
