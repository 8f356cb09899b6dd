"""The data files in `schemas/`, read by name.

They are part of the program, as its constants are: what reads them here depends on nothing outside of the checkout.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def schema_data(name: str) -> Any:
    """The parsed content of `schemas/<name>`, a JSON or YAML file; callers must not change it."""
    text = resources.files("schemas").joinpath(name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.load(text, Loader=_LOADER)  # noqa: S506  # a safe loader
