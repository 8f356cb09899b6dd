"""Loki's configuration file, as far as keeping and deleting logs goes.

Source: https://grafana.com/docs/loki/latest/configure/ and
https://grafana.com/docs/loki/latest/operations/storage/retention/
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from stack.text.durations import SEVEN_DAYS, seconds
from stack.text.interpolation import expand_env
from stack.text.yaml_text import YamlText, read_mapping, section

DEFAULT_FILE = "loki-config.yaml"
PROMISED = re.compile(r"^# promised: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LokiConfig:
    """The file with its variables at their defaults, and the overrides per tenant where it names such a file.

    `overrides` is None where `runtime_config.file` names a file that was not found. `promised_s` is how long logs are
    to be kept, in seconds. `running`: a running server says it of itself, defaults included.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    file: str
    data: dict[str, Any]
    overrides: dict[str, Any] | None = field(default_factory=dict)
    promised_s: float = SEVEN_DAYS
    running: bool = False
    text: YamlText = field(default_factory=lambda: YamlText({}, {}), repr=False, compare=False)

    def section(self, *keys: str) -> dict[str, Any]:
        """The mapping under `keys`, empty where there is none."""
        return section(self.data, *keys)

    def line(self, *path: str | int) -> int | None:
        """The line of a key, or of the nearest section above it."""
        return self.text.line(*path)

    @property
    def runtime_file(self) -> str:
        """The file with overrides per tenant, empty where there is none."""
        return str(
            self.section("runtime_config").get("file")
            or self.section("limits_config").get("per_tenant_override_config")
            or ""
        )

    @property
    def schemas(self) -> tuple[dict[str, Any], ...]:
        """The periods of `schema_config`, in the order of the file."""
        configs = self.section("schema_config").get("configs")
        return tuple(item for item in configs if isinstance(item, dict)) if isinstance(configs, list) else ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a configuration; a second YAML document, if any, is the file of overrides per tenant.

        A line `# promised: 31d` says how long logs are to be kept.

        Raises:
            ConfigError: either is not YAML or not a mapping; the message names the line.

        """
        found, promised = cls.read(*text.split("\n---\n", 1)), PROMISED.search(text)
        return replace(found, promised_s=seconds(promised[1]) or SEVEN_DAYS) if promised else found

    @classmethod
    def read(cls, text: str, overrides: str | None = None, file: str = DEFAULT_FILE) -> Self:
        """Read a configuration and the text of its overrides file."""
        document = read_mapping(expand_env(text))
        tenants = read_mapping(overrides).data if overrides is not None else None
        found = cls(file, document.data, tenants, text=document)
        return replace(found, overrides={}) if not found.runtime_file and tenants is None else found
