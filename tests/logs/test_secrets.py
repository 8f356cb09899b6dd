"""Secrets are found by the rule and masked in every report, lookalikes are neither, and both in linear time."""

import json
import re
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.model import RunInfo, SuiteInfo, build
from reports.writers import WRITERS, files, github, terminal
from stack.records.logs.stream import LogStream
from stack.text.secret_checks import luhn
from stack.text.secrets import SecretKind, find, find_in_lines, kinds, mask
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.verdict import judge
from suites.run.outcome import plain
from tests.support.cases import each_of

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


POSSIBLE = "[masked: possible key]"
"""What no kind knows and looks generated; reports mask it all the same."""

KINDS = [pytest.param(kind, id=f"{number}-{kind.name}") for number, kind in enumerate(kinds())]
SECRETS = [read(marked) for kind in kinds() for marked in kind.secrets]
HARMLESS = [read(marked).text for kind in kinds() for marked in kind.harmless]


@each_of({f"{number}-{kind.name}": kind for number, kind in enumerate(kinds())})
def test_every_example_of_a_kind_is_found_where_it_is(kind: SecretKind) -> None:
    assert kind.secrets, "a kind without an example is not proven"
    for text, places in map(read, kind.secrets):
        assert [(secret.start, secret.end) for secret in find(text)] == places, text
        assert {secret.kind for secret in find(text)} == {kind.name}, text
        assert mask(mask(text)) == mask(text)


def test_lookalikes_are_left_alone() -> None:
    assert [text for text in HARMLESS if find(text) or "[masked" in mask(text).replace(POSSIBLE, "")] == []


def in_every_format(examples: list[str]) -> dict[str, str]:
    """What a run prints and writes about a service that logs these lines, by format; all rules have judged them."""
    lines = [written(example) for example in examples]
    stream = LogStream.parse("requests: [{id: r-1, status: 500}]\n---\n" + "".join(f"{line}\n" for line in lines))
    data = [judge(rule, "leaky", Evidence((stream,), "live")).as_data("service", "leaky") for rule in RULES]
    for number, line in enumerate(lines):  # what a careless rule would do: the line unmasked in every part
        where = {"excerpt": line, "series": line, "file": line, "url": line}
        findings = [{"message": line, "hint": line, "where": where}]
        data.append({**data[0], "rule": f"logs/raw-{number}", "outcome": "fail", "findings": findings, "reason": line})
    report = build(data, RunInfo({}), SuiteInfo())
    failures = "\n".join(plain(str(verdict["findings"])) for verdict in data)
    formats = {name: "".join(chain(*files(name, report).values())) for name in WRITERS}
    formats |= {"terminal": terminal.render(report), "annotations": github.render(report)}
    return formats | {"pytest": failures}


def written(example: str) -> str:
    """The example as a whole log line."""
    return example if example.startswith("{") else json.dumps({"ts": 1795500000, "msg": example, "level": "BAD"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_finds_each_kind_and_no_format_shows_the_secret(kind: SecretKind) -> None:
    assert {"report.json", "index.html", "junit.xml", "summary.md"} <= WRITERS.keys()
    examples = [read(marked) for marked in kind.secrets]
    formats = in_every_format([text for text, _ in examples])
    assert re.search(rf'"message": "{kind.name}( in [^"]*)? \(', formats["report.json"])
    for text, places in examples:
        for start, end in places:
            # All of it, or where a format may escape signs of it the longest run of letters and digits.
            secret = text[start:end]
            if not re.fullmatch(r"[\w .:+/-]+", secret):
                secret = max(re.findall(r"\w+", secret.replace("\\n", " ")), key=len)
            leaked = re.compile(rf"(?<![0-9.]){re.escape(secret)}(?![0-9])")
            assert [name for name, content in formats.items() if leaked.search(content)] == []


def test_no_format_masks_what_is_harmless() -> None:
    formats = in_every_format([text for text in HARMLESS if POSSIBLE not in mask(text)]).items()
    assert [name for name, content in formats if "[masked" in content] == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("x=·qWP22wJA3BQK1wWhqFJPF0BLzz", f"x={POSSIBLE}"),  # of no kind
        ("cursor\\neyJpZCI6ODEyLCJ0cyI6MTc5NTc3MzYwMX0=", f"cursor\\n{POSSIBLE}"),
        ("blob/8jYami0WenXg98aN26Yj/x", f"blob/{POSSIBLE}/x"),
        ("z3h4odl7gwc794aw5ho5t5mbpytbrd6f", POSSIBLE),
        ("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None),
        ("arn:aws:kms:eu-west-1:123456789012:key/37e6c88c-a51f-4a3c-9e0f-3b1d8a7c2e11", None),
        ("request req-0af7651916cd43dd8448eb211c80319c, cf-ray 2f742c4c07d928ec-FRA", None),
        ("/api/v1/services/BillingService2/instances/blue-green-7", None),
        ("http_server_requests_seconds_bucket in GrafanaDashboardV2Renderer", None),
    ],
)
def test_what_looks_generated_is_masked_though_no_rule_knows_it(text: str, masked: str | None) -> None:
    text = text.replace("·", "")
    assert find(text) == []
    assert mask(text) == (masked or text)


def test_what_the_suite_itself_says_is_no_secret() -> None:
    for rule in rules().values():
        for text in (rule.title, rule.why, rule.source, *(message for bad in rule.bad for message in bad.messages)):
            assert mask(text) == text


DATA = Path(__file__).parents[1] / "data/logs"
CASES = json.loads((DATA / "secrets.json").read_text(encoding="utf-8").replace("·", ""))
CORPUS = json.loads((DATA / "secret_corpus.json").read_text(encoding="utf-8").replace("·", ""))


@pytest.mark.parametrize("depth", range(3))
def test_cases_from_outside(depth: int) -> None:
    """Lines of other hands with a secret or a lookalike, as they are and within JSON within JSON."""
    wrong, lines = [], [(case["line"], case["secret"]) for case in CORPUS]
    for case in CASES:
        fields = case["value"] if isinstance(case["value"], dict) else {"msg": case["value"]}
        line = json.dumps({"ts": 1795500000.5, "level": "info", **fields})
        lines.append((line, case["secret"] and json.dumps(case["secret"])[1:-1]))
    for line, secret in lines:
        nested, hidden = line, secret
        for _ in range(depth):
            nested, hidden = json.dumps({"ts": 1, "msg": nested}), hidden and json.dumps(hidden)[1:-1]
        if (hidden in mask(nested)) if hidden else find(nested):
            wrong.append(line)
    assert wrong == []


def test_the_corpus_is_as_large_as_its_error_rates_need() -> None:
    secrets = sum(case["secret"] is not None for case in CORPUS)
    assert min(secrets, len(CORPUS) - secrets) >= 300


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


def test_repeating_any_piece_takes_linear_time() -> None:
    slow = []
    for piece in PIECES:
        small, large = (seconds(piece * (size // len(piece) + 1)) for size in (1 << 10, 1 << 13))
        # Eight times the text: quadratic work would take 64 times as long. The floor keeps timer noise out.
        if large > max(24 * small, 0.05):
            slow.append((piece, small, large))
    assert slow == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.integers(1, 1 << 14))
def test_any_mixture_takes_linear_time(pieces: list[str], times: int) -> None:
    text = ("".join(pieces) * times)[: 1 << 16]
    assert seconds(text) < max(24 * seconds(text[: 1 << 13]), 1.0)


HARMLESS_JWK = '{"a":"b","d":"UkysaCZKRwKmEfIuHDBI6O3jz9MNfZZdURvMQtKKA8x"}'


@given(st.lists(st.sampled_from([*(example.text for example in SECRETS), *HARMLESS]), max_size=12))
@example(['{"jwk":{"kty":"EC","d":"UkysaCZKRwKmEfIuHDBI6O3jz9MNfZZdURvMQtKKA8x"}}', HARMLESS_JWK])
def test_lines_are_searched_together_as_each_by_itself(lines: list[str]) -> None:
    alone = [(index, secret) for index, line in enumerate(lines) for secret in find(line)]
    assert list(find_in_lines(lines)) == alone


@given(st.text(max_size=200))
def test_masking_keeps_what_is_no_secret(text: str) -> None:
    masked = mask(text)
    assert masked != text or find(text) == []
    assert mask(masked) == masked


@pytest.mark.parametrize(("digits", "valid"), [("79927398713", True), ("79927398710", False), ("0", True)])
def test_luhn(digits: str, valid: bool) -> None:
    assert luhn(digits) is valid
