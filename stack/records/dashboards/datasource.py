"""The datasources of Grafana: those in its provisioning files, and those that it serves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from stack.text.interpolation import expand
from stack.text.typed import FromYaml
from stack.text.yaml_text import ConfigError, read_mapping


@dataclass(frozen=True, slots=True)
class ProvisionedDatasource:
    """A datasource of a provisioning file; `uid` is empty where the file sets none.

    `min_interval` is the scrape interval that the file sets (`timeInterval`), empty if none, and as it is written
    where it is a variable without a known value. `default`: it is the one that queries without a datasource use.
    """

    name: str
    uid: str
    type: str
    file: str = ""
    line: int | None = None
    min_interval: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class ServedDatasource:
    """A datasource as Grafana serves it; `unhealthy` is the error of its health check, None where it passed."""

    uid: str
    type: str
    name: str = ""
    read_only: bool = True
    unhealthy: str | None = None


@dataclass(frozen=True, slots=True)
class GrafanaDatasources(FromYaml):
    """The datasources in the files and those that Grafana serves."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("grafana",)

    provisioned: tuple[ProvisionedDatasource, ...]
    served: tuple[ServedDatasource, ...]
    url: str = ""


def provisioned(text: str, file: str) -> list[ProvisionedDatasource]:
    """Read a provisioning file of datasources, without the values of its variables.

    Raises:
        ConfigError: it is not YAML or no mapping; the message names the line.

    Source: https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources

    """
    document = read_mapping(text)
    listed = document.data.get("datasources")
    if not isinstance(listed, list):
        raise ConfigError(f"line {document.line('datasources') or 1}: no list `datasources`")
    found = []
    for at, body in enumerate(listed):
        line = document.line("datasources", at)
        if not isinstance(body, dict):
            raise ConfigError(f"line {line}: datasource {at + 1} is not a mapping")
        found.append(_datasource(body, file, line))
    return found


def _datasource(body: Mapping[str, Any], file: str, line: int | None) -> ProvisionedDatasource:
    def text(value: object) -> str:
        return "" if value is None else expand(str(value), {})

    options = body.get("jsonData")
    interval = options.get("timeInterval") if isinstance(options, dict) else None
    return ProvisionedDatasource(
        name=text(body.get("name")),
        uid=text(body.get("uid")),
        type=text(body.get("type")),
        file=file,
        line=line,
        min_interval=text(interval) or str(interval or ""),
        default=body.get("isDefault") is True,
    )
