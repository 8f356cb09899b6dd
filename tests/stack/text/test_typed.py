"""Records from plain data: what fits is taken, every mistake is named with its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pytest

from stack.text.typed import FromYaml, ShapeError


@dataclass(frozen=True, slots=True)
class Part:
    """A record in a record."""

    size: int


@dataclass(frozen=True, slots=True)
class Whole(FromYaml):
    """A record with a field of every type."""

    name: str
    share: float = 0.5
    kind: Literal["a", "b"] = "a"
    day: date | None = None
    pairs: tuple[tuple[str, int], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


def test_reads_yaml_with_fields_as_keys() -> None:
    text = "{name: x, share: 1, day: 2027-01-31, pairs: [[a, 1]], labels: {b: c}, parts: [{size: 2}]}"
    assert Whole.parse(text) == Whole("x", 1, "a", date(2027, 1, 31), (("a", 1),), {"b": "c"}, (Part(2),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the key 'name' is missing @ Whole.name"),
        ("[a]", "Whole: expected a mapping, got ['a']"),
        ("{name: 3.6}", "expected str, got 3.6 @ Whole.name"),
        ("{name: x, share: '1', colour: red}", "expected float, got '1' @ Whole.share; unknown keys: colour @ Whole"),
        ("{name: x, kind: c}", "c not in literal typing.Literal['a', 'b'] @ Whole.kind"),
        ("{name: x, pairs: [[a, true]]}", "expected int, got True @ Whole.pairs[0][1]"),
        ("{name: x, labels: [b]}", "expected a mapping @ Whole.labels"),
        ("{name: x, parts: [{size: 1}, {}]}", "the key 'size' is missing @ Whole.parts[1].size"),
    ],
)
def test_names_every_mistake_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        Whole.parse(text)
    assert str(caught.value) == message
