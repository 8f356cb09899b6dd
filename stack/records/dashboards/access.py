"""Who gets into the running Grafana: strangers, and people who guess.

The text form is YAML with the fields as keys: `opened: [[/api/search, 200]]`, `accepted: [[admin, admin]]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class GrafanaAccess:
    """What Grafana said to requests without and with guessed credentials.

    `opened` are paths with the status that a stranger got, `accepted` the guessed pairs of user and password that it
    took; `tried` counts the guesses.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("grafana",)

    url: str = ""
    asked: tuple[str, ...] = ()
    opened: tuple[tuple[str, int], ...] = ()
    tried: int = 0
    accepted: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form."""
        body = yaml.safe_load(text)
        for key in ("opened", "accepted"):
            body[key] = tuple(tuple(pair) for pair in body.get(key, ()))
        return cls(**body)
