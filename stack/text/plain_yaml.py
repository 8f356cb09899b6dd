"""YAML of this repository as plain data: examples of rules, schemas, test data.

Never for texts from elsewhere: nested 20,000 levels deep, one ends the process, as libyaml builds the data recursively.
`yaml_text` reads those, from events.
"""

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: ten times as fast."""


def plain_yaml(text: str) -> Any:
    """The data of the one document of `text`; raises yaml.YAMLError where it is no YAML."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506  # a safe loader
