"""The data files in `schemas/`, read by name.

They are part of the program, as its constants are: what reads them here depends on nothing outside of the checkout.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from stack.text.plain_yaml import plain_yaml


@cache
def schema_data(name: str) -> Any:
    """The parsed content of `schemas/<name>`, a JSON or YAML file; callers must not change it."""
    text = resources.files("schemas").joinpath(name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else plain_yaml(text)


@cache
def log_formats() -> Sequence[str]:
    """The names of the log formats, in alphabetical order: one file each, `schemas/logs/<name>.yaml`."""
    files = resources.files("schemas").joinpath("logs").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))
