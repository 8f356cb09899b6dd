"""Prometheus' own parser and ours on changed expositions: what it refuses breaks a MUST, what is sound breaks none.

`TEXTPARSE_INPUTS` says on how many, see `.ci/run`.
"""

import os
import random
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import REFUSED
from stack.servers.failures import BuildError, Reason
from stack.servers.gobuild import build
from suites.core.discovery import in_area
from suites.core.rule import Level, NotApplicable
from tests.stack.records.test_exposition_properties import BASE, damaged

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "tests" / "support" / "textparse"
INPUTS = int(os.environ.get("TEXTPARSE_INPUTS", "4000"))
PARTS = 8

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
SOUND_TEXT = """\
# HELP acme_requests_total Requests, \\\\ all of them.
# TYPE acme_requests_total counter
acme_requests_total{method="GET",path="/a\\"b"} 17.0
acme_requests_total{method="POST",path="/x"} 3 1795746360892
# TYPE acme_latency_seconds histogram
acme_latency_seconds_bucket{job="a",le="0.1"} 1
acme_latency_seconds_bucket{job="a",le="+Inf"} 4
acme_latency_seconds_sum{job="a"} 4.5
acme_latency_seconds_count{job="a"} 4

# A comment.
# TYPE acme_size_bytes summary
acme_size_bytes{quantile="0.5"} 2
acme_size_bytes_sum 5.5
acme_size_bytes_count 2
# TYPE "acme.temperature" gauge
# HELP "acme.temperature" Degrees.
{"acme.temperature","room.name"="x"} -3.5
{"acme.temperature","room.name"="y"} +Inf
acme_other 5
"""
BASES = {TEXT: SOUND_TEXT, OPENMETRICS: BASE}
ODD_LINES = (
    '{x="y"} 7', "42", "", "# a comment", "#", "# HELP", "# TYPE ", '# TYPE "a b" gauge', '# TYPE "a b gauge',
    '# HELP "a b', "# TYPE a  gauge", "# TYPE a gauge ", "# TYPE\ta\tgauge", "# TYPE a native", '{"a b",c="d"} 1',
    'a{"c d"="e"} 1', "a 1 +5", "a 1 -5", "a 1 1795746360.5", 'a{b="c",} 1', "a{,} 1", 'a{b="c",,d="e"} 1',
    'a {b="c"} 1', 'a{b="c"}1', " a 1", 'a{b="c\n', 'd"} 1', "a 0x10", "a 1_000", "a 1e400", "a Infinity",
    'a 1 # {x="y"} 1', "a{b=c} 1", "a{b='c'} 1", "1a 1", "a-b 1", 'a{1b="d"} 1', '{"é"} 1', "{} 1", "{", '"a" 1',
    'a{b="x\0"} 1', '{"a\0b"} 1', "a 1\r", "# UNIT a b", "# TYP\0E a b",
)  # fmt: skip  # a list
NUMBERS = ("0", "7", "+7", "1.5", ".5", "5.", "1e-3", "1E+9", "99999999999999999999", "+Inf")
MUSTS = [rule for rule in in_area("metrics") if rule.level is Level.MUST and issubclass(rule.record, Exposition)]
VALUES = ("x", " ", "#", "{}", 'q\\"q', "\\\\", "\\n", "a=b,c", "é", "\t", "\x0b", "\x85", "\u2028", "\ufeff", "\x7f")


@pytest.fixture(scope="module")
def textparse() -> Path:
    try:
        return build(MODULE, "textparse")
    except BuildError as missing:
        if missing.reason in (Reason.NO_GO, Reason.PROXY, Reason.TOO_OLD):
            pytest.skip(f"Prometheus' parser is not built here: {missing}")
        raise


def refusals(textparse: Path, documents: list[tuple[str, str]]) -> list[str]:
    """Why Prometheus' parser refuses each document, given with its Content-Type; empty where it does not."""
    sent = b"".join(b"%d %s\n%s" % (len(body.encode()), kind.encode(), body.encode()) for body, kind in documents)
    answers = subprocess.run([textparse], input=sent, capture_output=True, check=True).stdout.decode().split("\n")
    assert len(answers) == len(documents) + 1
    return answers[:-1]


def changed(rnd: random.Random, kind: str) -> str:
    """A sound document with one to three faults, or with a line that may be one."""
    text = BASES[kind]
    for _ in range(rnd.choice((0, 1, 1, 1, 2, 3))):
        text = damaged(rnd, text)
    lines = text.split("\n")
    for _ in range(rnd.choice((0, 0, 1))):
        lines.insert(rnd.randrange(len(lines)), rnd.choice(ODD_LINES))
    text = "\n".join(lines)
    at = rnd.randrange(len(text)) if rnd.random() < 0.1 else 0
    return text[:at] + rnd.choice("\0\r\v\f\x7f\x85\u2028\ufeff") + text[at:] if at else text


def sound(rnd: random.Random, kind: str) -> str:
    """A document of some families, with any values in the places where the format takes any."""
    families = rnd.sample(("gauge", "counter", "histogram", "summary", ""), rnd.randrange(1, 5))
    lines = list(chain.from_iterable(family(rnd, of, f"a{number}", kind) for number, of in enumerate(families)))
    if kind == OPENMETRICS:
        return "\n".join([*lines, "# EOF", ""])
    for _ in range(rnd.randrange(2)):
        lines.insert(rnd.randrange(len(lines)), rnd.choice(("", "# any comment", "  ", "#", "\t# {")))
    return "\n".join(lines) + "\n"


def family(rnd: random.Random, of: str, name: str, kind: str) -> Iterator[str]:
    """The lines of one sound family of a type, its metadata in any order."""
    blanks = (" ",) if kind == OPENMETRICS else (" ", "  ", "\t")
    plain = of in ("gauge", "") and rnd.random() < 0.3
    quoted = f'"{name} {rnd.choice(VALUES)}"' if plain else ""
    suffix = "_total" if of == "counter" else ""
    named = quoted or (name if kind == OPENMETRICS else name + suffix)
    text = "Jobs " + "".join(rnd.choices(VALUES, k=2)).replace('\\"', "")
    metadata = [
        f"# HELP{rnd.choice(blanks)}{named} {text}",
        *([f"# TYPE{rnd.choice(blanks)}{named} {of}"] if of else []),
    ]
    yield from rnd.sample(metadata, rnd.randrange(len(metadata) + 1) if plain else len(metadata))

    def sample(part: str, value: object, own: str = "") -> str:
        after = rnd.choice(blanks) if kind == TEXT and rnd.random() < 0.1 else ""
        labels = ",".join(filter(None, (quoted, both, own)))
        head = (
            "{" + labels + "}" if quoted else name + part + ("{" + labels + "}" if labels else rnd.choice(("", "{}")))
        )
        return f"{head}{rnd.choice(blanks)}{value}{stamp}{after}"

    for number in range(rnd.randrange(1, 3)):
        both = f'q="{number}",r="' + "".join(rnd.choices(VALUES, k=3)) + '"' if number or rnd.random() < 0.5 else ""
        stamp = rnd.choice(("", "", f" {1795746360 + number}" + (".5" if kind == OPENMETRICS else "000")))
        if of in ("histogram", "summary"):
            label, part, last = ("le", "_bucket", ("+Inf",)) if of == "histogram" else ("quantile", "", ())
            yield from (sample(part, 4, f'{label}="{bound}"') for bound in ("0.5", "0.99", *last))
            yield from (sample(part, 4) for part in ("_sum", "_count"))
        else:
            yield sample(suffix, rnd.choice(NUMBERS))


def broken_musts(text: str, kind: str) -> list[str]:
    """What the rules of level MUST find in a document."""
    exposition, found = Exposition.read(text.encode(), kind), list[str]()
    for rule in MUSTS:
        if isinstance(exposition, rule.record):
            with suppress(NotApplicable):
                found += [f"{rule.id}: {finding.message}" for finding in rule.judge(exposition)]
    return found


@pytest.mark.parametrize("kind", BASES)
@pytest.mark.parametrize("part", range(PARTS))
def test_what_prometheus_refuses_breaks_a_must(textparse: Path, part: int, kind: str) -> None:
    rnd = random.Random(part)  # noqa: S311  # damage need not be secret
    documents = [(changed(rnd, kind), kind) for _ in range(INPUTS // PARTS // len(BASES))]
    refused = [(text, why) for (text, _), why in zip(documents, refusals(textparse, documents), strict=True) if why]
    assert len(refused) > len(documents) // 5, "the changes must be such that many are refused"
    missed = [(why, text) for text, why in refused if not broken_musts(text, kind)]
    assert missed == []
    faults = [Exposition.read(text.encode(), kind).fault_counts.keys() for text, _ in refused]
    assert [found for found in faults if not found & REFUSED] == []


@pytest.mark.parametrize("kind", BASES)
def test_what_is_sound_is_taken_there_and_breaks_no_must_here(textparse: Path, kind: str) -> None:
    rnd = random.Random(5)  # noqa: S311  # variety need not be secret
    documents = [(sound(rnd, kind), kind) for _ in range(INPUTS // PARTS)]
    assert [text for (text, _), why in zip(documents, refusals(textparse, documents), strict=True) if why] == []
    assert [(text, found) for text, _ in documents if (found := broken_musts(text, kind))] == []


def test_the_parser_is_that_of_the_pinned_prometheus() -> None:
    pin = re.compile(r"^\s*(?:require )?(github\.com/prometheus/prometheus v\S+)", re.MULTILINE)
    pins = [pin.findall((folder / "go.mod").read_text()) for folder in (MODULE, ROOT / "stack/servers/prometheus")]
    assert pins[0] == pins[1] != []
