"""How Prometheus is set up: its configuration file and the flags it is started with.

Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ and
https://prometheus.io/docs/prometheus/latest/command-line/prometheus/
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from stack.records.config.loki import PROMISED
from stack.text.durations import SEVEN_DAYS, seconds
from stack.text.yaml_text import YamlText, read_mapping, section

DEFAULT_FILE = "prometheus.yml"


@dataclass(frozen=True, slots=True)
class PrometheusConfig:
    """The configuration file, and the flags by name without their dashes; a flag without a value is `true`.

    `flags_known` is False where no compose file beside it has the command. `promised_s` is how long metrics are to be
    kept, in seconds.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    file: str
    data: dict[str, Any]
    flags: dict[str, str]
    flags_file: str = "docker-compose.yml"
    flags_line: int | None = None
    flags_known: bool = True
    promised_s: float = SEVEN_DAYS
    text: YamlText = field(default_factory=lambda: YamlText({}, {}), repr=False, compare=False)

    def section(self, *keys: str) -> dict[str, Any]:
        """The mapping under `keys`, empty where there is none."""
        return section(self.data, *keys)

    def line(self, *path: str | int) -> int | None:
        """The line of a key of the file, or of the nearest section above it."""
        return self.text.line(*path)

    def on(self, flag: str) -> bool:
        """Whether a switch is given and not `false`."""
        return self.flags.get(flag, "false") != "false"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a configuration; lines `# flag: --name=value` are the flags, `# promised: 31d` is the promise.

        Raises:
            ConfigError: the text is not YAML or not a mapping; the message names the line.

        """
        mark = "# flag:"
        flags = [line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)]
        given = [word for line in flags for word in line.split()]
        found, promised = cls.read(text, given), PROMISED.search(text)
        return replace(found, promised_s=seconds(promised[1]) or SEVEN_DAYS) if promised else found

    @classmethod
    def read(
        cls,
        text: str,
        command: Iterable[str] | None,
        file: str = DEFAULT_FILE,
        flags_at: tuple[str, int | None] = ("docker-compose.yml", None),
    ) -> Self:
        """Read a configuration file and the words of the command that starts the server with it (None: not known)."""
        document = read_mapping(text)
        return cls(file, document.data, flags_of(command or ()), *flags_at, command is not None, text=document)


def flags_of(command: Iterable[str]) -> dict[str, str]:
    """Flags of a command by name: `--a=b`, `--a b` and the switch `--a`."""
    flags: dict[str, str] = {}
    waiting = ""
    for word in command:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            flags[name] = value if equals else "true"
            waiting = "" if equals else name
        elif waiting:
            flags[waiting] = word
            waiting = ""
    return flags
