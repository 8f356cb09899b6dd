"""Tells text that was generated at random, such as a key or a hash, from words and from names made of words."""

import re

PAIRS = (
    "36762351514767060778543451756574337528437416647221627354742760764384165762114075569542832644742565632240"
    "64675552412667354877254641745577328016448417566221406343935670265664077563212283348322703554830557522141"
    "55666561202668751677250405744585326353448503738350206455955373364555247553504073468432813733740366632161"
    "85348322703564771364521230736775836144356413785521315566345152566856086665631183458335604733761867532150"
    "44352522400744234665942012735584517045657405765420506364843670454466347863415073548427802543751766523262"
    "66656550601778460777120200835494328003446404542131318345743780454674176422431054747424601453472458322952"
    "5564655361276668157734524473439423702453642445321154"
)
"""For each letter from a to z, how often each of a to z comes after it in words of English and of source code.

As powers of two, in relation to chance: 6 is as often, 7 twice as often, 5 half as often. Counted in the 45,000
different words of the Python standard library and of documentation, each weighed by the root of its frequency.
"""

_HEX = re.compile(r"(?:[0-9a-f]{12,}|[0-9A-F]{12,})\Z")
_PART = re.compile(r"[-_.:/+=]")
_ENOUGH = 4.0
"""Bits of evidence for chance: with it, 1 of 200 random keys of 20 letters and digits is missed, of 12 one of 20."""


def is_generated(value: str) -> bool:
    """Whether letters and digits follow each other as they do by chance, and not as in words and numbered names."""
    if any(_HEX.match(part) and not part.isdigit() and not part.isalpha() for part in _PART.split(value)):
        return True
    return sum(map(_evidence, value, value[1:])) > _ENOUGH


def _evidence(first: str, second: str) -> float:
    """How many bits two neighbours speak for chance; fewer than none speak for words."""
    if not first.isalnum() or not second.isalnum():
        return -1.5  # names have many separators
    if first.isdigit() or second.isdigit():
        return -0.5 if first.isdigit() and second.isdigit() else 1.5
    if first.islower() and second.isupper():
        return 1.0
    if not (first.isascii() and second.isascii()):
        return 0.0
    common = int(PAIRS[26 * _place(first) + _place(second)])
    return 5.3 - common + (0.5 if first.isupper() and second.islower() else 0.0)


def _place(letter: str) -> int:
    return ord(letter.lower()) - ord("a")
