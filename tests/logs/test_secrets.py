"""Secrets are found by the rule and masked in every report, lookalikes are neither, and both in linear time."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.model import RunInfo, SuiteInfo, build
from reports.writers import WRITERS, terminal
from stack.records.logs.stream import LogStream
from stack.text.secret_checks import luhn
from stack.text.secrets import SecretKind, find, find_in_lines, kinds, mask
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.verdict import judge
from suites.run.outcome import plain

RULES = [rule for rule in rules().values() if rule.record is LogStream]


class Example(NamedTuple):
    """The text of an example, and the places (start, end) of the secrets in it."""

    text: str
    places: list[tuple[int, int]]


def read(marked: str) -> Example:
    """An example of `schemas/secret-kinds.yaml`, without its marks."""
    text, places = "", []
    for part in re.split("([«»])", marked.replace("·", "")):
        if part == "«":
            places.append((len(text), -1))
        elif part == "»":
            places[-1] = (places[-1][0], len(text))
        else:
            text += part
    return Example(text, places)


KINDS = [pytest.param(kind, id=f"{number}-{kind.name}") for number, kind in enumerate(kinds())]
SECRETS = [read(marked) for kind in kinds() for marked in kind.secrets]
HARMLESS = [read(marked).text for kind in kinds() for marked in kind.harmless]


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_of_a_kind_is_found_where_it_is(kind: SecretKind) -> None:
    assert kind.secrets, "a kind without an example is not proven"
    for text, places in map(read, kind.secrets):
        assert [(secret.start, secret.end) for secret in find(text)] == places, text
        assert {secret.kind for secret in find(text)} == {kind.name}, text
        assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_lookalike_is_left_alone(text: str) -> None:
    assert find(text) == []
    assert mask(text) == text


@cache
def in_every_format(line: str) -> dict[str, str]:
    """What a run prints and writes about a service that logs `line`, by format; all rules on logs have judged it."""
    stream = LogStream.parse(f"format: zap\nrequests: [{{id: r-1, status: 500}}]\n---\n{line}\n")
    found = [judge(rule, "leaky", Evidence((stream,), "live")) for rule in RULES]
    data = [verdict.as_data("service", "leaky") for verdict in found]
    data.append({**data[0], "outcome": "not-evaluated", "reason": line, "findings": []})
    data.append({**data[0], "rule": "logs/raw", "outcome": "fail", "findings": raw(line)})
    report = build(data, RunInfo({}), SuiteInfo())
    failures = "\n".join(plain(str(verdict["findings"])) for verdict in data)
    return {name: render(report) for name, render in WRITERS.items()} | {
        "terminal": terminal.render(report),
        "pytest": failures,
    }


def raw(text: str) -> list[dict[str, Any]]:
    """A finding of a careless rule: the line unmasked in every part."""
    return [{"message": text, "hint": text, "where": {"excerpt": text, "series": text, "file": text, "url": text}}]


def written(example: str) -> str:
    """The example as a whole log line."""
    return example if example.startswith("{") else json.dumps({"ts": 1795500000, "msg": example, "level": "BAD"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_finds_each_kind_and_no_format_shows_the_secret(kind: SecretKind) -> None:
    assert {"report.json", "index.html", "junit.xml", "summary.md"} <= WRITERS.keys()
    for marked in kind.secrets:
        text, places = read(marked)
        formats = in_every_format(written(text))
        assert f"{kind.name}" in formats["report.json"]
        for start, end in places:
            # The longest run of letters and digits: no format escapes it.
            run = max(re.findall(r"\w+", text[start:end].replace("\\n", " ")), key=len)
            assert [name for name, content in formats.items() if run in content] == []


def test_no_format_masks_what_is_harmless() -> None:
    for text in HARMLESS:
        assert [name for name, content in in_every_format(written(text)).items() if "[masked" in content] == [], text


def test_what_the_suite_itself_says_is_no_secret() -> None:
    for rule in rules().values():
        for text in (rule.title, rule.why, rule.source, *(message for bad in rule.bad for message in bad.messages)):
            assert mask(text) == text


CASES = json.loads((Path(__file__).parents[1] / "data/logs/secrets.json").read_text(encoding="utf-8").replace("·", ""))


@pytest.mark.parametrize("nested", [False, True], ids=["plain", "nested"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_cases_from_outside(case: dict[str, Any], nested: bool) -> None:
    fields = case["value"] if isinstance(case["value"], dict) else {"msg": case["value"]}
    line = json.dumps({"ts": 1795500000.5, "level": "info", **fields})
    line = json.dumps({"ts": 1, "msg": line}) if nested else line
    if case["secret"] is None:
        assert mask(line) == line
    else:
        assert json.dumps(case["secret"])[1:-1] not in mask(line)


def test_a_kind_that_is_taken_out_is_not_found() -> None:
    """The data file is what finds: its pattern changed to what never matches, the example is left alone."""
    kind = next(kind for kind in kinds() if kind.name == "GitHub token")
    text = read(kind.secrets[0]).text
    assert list(kind.matches(text, text.lower()))
    assert not list(replace(kind, pattern=re.compile(r"(?!)")).matches(text, text.lower()))


PIECES = [
    *sorted({trigger for kind in kinds() for trigger in kind.triggers}),
    *(example.text[: len(example.text) // 2] for example in SECRETS),
    "eyJaaaaaa.", "e", "4", "4111 ", "4111-", "4111111111111111 ", "://a:", "@", "password=", 'password="', "AB12 ",
    "Bearer a.", "-----BEGIN A PRIVATE KEY-----", '"password":[', '"cookies":{', '"', "\\", '\\"', "=", ":", " ", "{",
]  # fmt: skip


def seconds(text: str) -> float:
    """Processor time that a search takes."""
    started = time.process_time()
    find(text)
    return time.process_time() - started


@pytest.mark.parametrize("piece", PIECES)
def test_repeating_a_piece_takes_no_longer_than_its_length(piece: str) -> None:
    small, large = (seconds(piece * (size // len(piece) + 1)) for size in (1 << 11, 1 << 14))
    # Eight times the text: quadratic work would take 64 times as long. The floor keeps timer noise out.
    assert large < max(24 * small, 0.1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.integers(1, 1 << 14))
def test_any_mixture_takes_linear_time(pieces: list[str], times: int) -> None:
    text = ("".join(pieces) * times)[: 1 << 16]
    assert seconds(text) < max(24 * seconds(text[: 1 << 13]), 1.0)


@given(st.lists(st.sampled_from([*(example.text for example in SECRETS), *HARMLESS]), max_size=12))
def test_lines_are_searched_together_as_each_by_itself(lines: list[str]) -> None:
    alone = [(index, secret) for index, line in enumerate(lines) for secret in find(line)]
    assert list(find_in_lines(lines)) == alone


@given(st.text(max_size=200))
def test_masking_keeps_what_is_no_secret(text: str) -> None:
    masked = mask(text)
    assert (masked == text) == (find(text) == [])
    assert mask(masked) == masked


@pytest.mark.parametrize(("digits", "valid"), [("79927398713", True), ("79927398710", False), ("0", True)])
def test_luhn(digits: str, valid: bool) -> None:
    assert luhn(digits) is valid
