"""Reading Loki's and Promtail's configuration: the file, sizes (`256KB`) and durations (`168h`, `1h30m`)."""

import re
from collections.abc import Mapping
from typing import Any

from stack.embedded.refusal import ConfigError, NotSimulated
from stack.text import yaml_text
from stack.text.durations import seconds
from stack.text.interpolation import UnknownSubstitutionError, expand_env

_SIZE = re.compile(r"(\d+)\s*([kmgt]?b?)", re.IGNORECASE)


def read_config(text: str, environment: Mapping[str, str], file: str) -> dict[str, Any]:
    """Read a server's configuration, its variables expanded.

    Raises:
        NotSimulated: for a substitution that is not known here.
        ConfigError: it is no YAML mapping; the text names file and line.

    """
    try:
        return dict(yaml_text.read_mapping(expand_env(text, environment)).data)
    except UnknownSubstitutionError as unknown:
        raise NotSimulated(f"{file}: {unknown}") from unknown
    except yaml_text.ConfigError as broken:
        raise ConfigError(f"{file}: {broken}") from broken


def size(written: object, where: str) -> int:
    """Return bytes. A KB is 1024 bytes, as the servers read it; fractions and KiB they refuse."""
    match = _SIZE.fullmatch(str(written))
    if match is None:
        raise ConfigError(f"{where}: `{written}` is not a size such as 256KB")
    power = "bkmgt".index((match[2].lower() or "b")[0])
    return int(match[1]) << (10 * power)


def duration_ns(written: object, where: str) -> int:
    """Return nanoseconds."""
    found = seconds(written)
    if found is None:
        raise ConfigError(f"{where}: `{written}` is not a duration such as 168h")
    return round(found * 1e9)
