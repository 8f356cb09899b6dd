"""Secrets are found, lookalikes are not, and neither takes longer than the text is long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stack.records.logs.stream import LogStream
from suites.core.discovery import rules
from suites.core.finding import Finding
from suites.core.rule import NotApplicable, Rule
from suites.logs.helpers.cards import luhn
from suites.logs.helpers.secrets import find, find_in_lines, mask

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWEtdGVzdA"

SECRETS = [
    ("got eyJ" + JWT[3:], "JSON Web Token", JWT),
    (f'{{"msg":"token:\\n{JWT}"}}', "JSON Web Token", JWT),
    ("Authorization: Bearer 0123456789abcdef-XYZ", "bearer token", "0123456789abcdef-XYZ"),
    ('{"authorization":"Bearer 0123456789abcdef"}', "bearer token", "0123456789abcdef"),
    ("Basic " + "YWxpY2U6aHVudGVyMg==", "basic credentials", "YWxpY2U6aHVudGVyMg=="),
    ("-----BEGIN RSA " + "PRIVATE KEY-----\\nMIIEow\\n-----END RSA PRIVATE KEY-----", "private key", "MIIEow"),
    ("-----BEGIN OPENSSH " + "PRIVATE KEY-----", "private key", "OPENSSH"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "AWS access key", "IOSFODNN7EXAMPLE"),
    ("aws_secret_access_key=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS secret key", "wJalrXUtnFEMI"),
    ("AIza" + "SyA1234567890abcdefghijklmnopqrstuv", "Google API key", "SyA1234567890"),
    ("ghp_" + "a1B2" * 9, "GitHub token", "a1B2a1B2"),
    ("github_pat_" + "a1B2" * 9, "GitHub token", "a1B2a1B2"),
    ("xoxb-" + "123456789012-abcdef", "Slack token", "123456789012"),
    ("https://hooks.slack.com/services/" + "T00000000/B00000000/XXXXXXXX", "Slack webhook", "B00000000"),
    ("sk_live_" + "0123456789abcdefghij", "Stripe key", "0123456789abcdef"),
    ("AccountKey=" + "a1B2c3D4" * 10 + "a1B2c3" + "==", "Azure storage key", "a1B2c3D4a1B2"),
    ("postgres://app:hunter2@db:5432/jobs", "password in a URL", "hunter2"),
    ("redis://:s3cr3t@cache", "password in a URL", "s3cr3t"),
    (r'{"url":"https:\/\/bob:hunter2@host\/"}', "password in a URL", "hunter2"),
    ("login user=bob password=hunter2 ok", "password", "hunter2"),
    ('{"db_password":"hunter2"}', "password", "hunter2"),
    (r'{"body":"{\"password\":\"hunter2\"}"}', "password", "hunter2"),
    ("/login?user=a&passwd=hunter2&x=1", "password", "hunter2"),
    ('{"api_key":"0123456789abcdef"}', "credential", "0123456789abcdef"),
    ('{"refresh_token":"a1b2c3d4e5f6a7"}', "credential", "a1b2c3d4e5f6a7"),
    ("login with token=9f8a7b6c5d4e3f2a1b0c9d8e", "credential", "9f8a7b6c5d4e3f2a"),
    ("GET /jobs?access_token=9f8a7b6c5d4e3f2a1b0c&x=1", "credential", "9f8a7b6c5d4e3f2a"),
    ("client_secret=9f8a7b6c5d4e3f2a1b0c", "credential", "9f8a7b6c5d4e3f2a"),
    ("X-Api-Key: 9f8a7b6c5d4e3f2a1b0c", "credential", "9f8a7b6c5d4e3f2a"),
    ("Cookie: session=9f8a7b6c5d4e3f2a1b0c; theme=dark", "credential", "9f8a7b6c5d4e3f2a"),
    ("paid with 4111 1111 1111 1111.", "card number", "4111 1111 1111 1111"),
    ("paid with 4111-1111-1111-1111", "card number", "4111-1111"),
    ('{"paid":"5555555555554444"}', "card number", "5555555555554444"),
    ('{"items":"5555555555554444"}', "card number", "5555555555554444"),
    ('{"card":"5555555555554444"}', "card number", "5555555555554444"),
    ('{"card":378282246310005}', "card number", "378282246310005"),
    ("amex 3782 822463 10005 200", "card number", "3782 822463 10005"),
    ("card=6011111111111117 amount=200", "card number", "6011111111111117"),
]

LOOKALIKES = [
    "550e8400-e29b-41d4-a716-446655440000",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    '{"trace_id":"4111111111111111"}',
    '{"order_id":4111111111111111}',
    '{"spanId": "4111111111111111"}',
    '{"duration_ns":4111111111111111}',
    '{"ts":1732430000123456789}',
    '{"ts":1732430000.1234567}',
    "0.4111111111111111",
    "4111111111111111.5",
    "4111111111111112",
    "a4111111111111111f",
    "2026-11-24T06:00:00.123456Z",
    "password: must have at least 8 characters",
    "password reset for user bob",
    "page_token=9f8a7b6c5d4e3f2a1b0c",
    "token=expired-since-yesterday",
    "max_tokens=1234567890123456789",
    '{"event":"password_changed"}',
    "password=***",
    "password=[REDACTED]",
    "password=%s",
    "password=${DB_PASSWORD}",
    '{"password":null}',
    '{"password":"********"}',
    '{"password":""}',
    "postgres://app:***@db/jobs",
    "http://host:8080/a@b",
    "https://example.com/path?mail=a@example.com",
    "Bearer authentication is required here",
    "basic authentication",
    '{"token_type":"bearer"}',
    '{"token":"invalid-signature"}',
    '{"next_page_token":"abc"}',
    '{"secret_name":"db-credentials"}',
    "passwordless login",
    "-----BEGIN PUBLIC KEY-----",
]


@pytest.mark.parametrize(("text", "kind", "hidden"), SECRETS)
def test_a_secret_is_named_and_masked(text: str, kind: str, hidden: str) -> None:
    assert [secret.kind for secret in find(text)] == [kind]
    assert hidden in text
    assert hidden not in mask(text)
    assert f"[{kind}]" in mask(text)


@pytest.mark.parametrize("text", LOOKALIKES)
def test_a_lookalike_is_left_alone(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(("text", "kind", "hidden"), SECRETS)
def test_no_part_of_the_report_shows_the_secret(text: str, kind: str, hidden: str) -> None:
    line = text if text.startswith("{") else f'{{"ts":1795500000,"msg":"{text}","level":"BAD"}}'
    stream = LogStream.parse(f"format: zap\n---\n{line}\n")
    told = [
        str(finding.as_data())
        for rule in rules().values()
        if rule.record is LogStream
        for finding in judged(rule, stream)
    ]
    assert any(kind in each for each in told)
    assert [each for each in told if hidden in each] == []


def judged(rule: Rule, stream: LogStream) -> list[Finding]:
    try:
        return list(rule.judge(stream))
    except NotApplicable:
        return []


PIECES = [
    "eyJ", "eyJaaaaaa.", "e", "4", "4111 ", "4111-", "4111111111111111 ", "://", "://a:", "@", "password", "password=",
    'password="', "bearer ", "Bearer a.", "-----BEGIN ", "-----BEGIN A PRIVATE KEY-----", '"token":"', "xoxb-",
    "secret", "aws_secret_key", "basic ", "hooks.slack.com/services/", "ghp_", "AKIA", "sk_live_", '"', "\\", '\\"',
    "=", ":", " ", "{",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_of_one_piece_takes_no_longer_than_its_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        find(text)
        return time.process_time() - started

    small, large = seconds(1 << 17), seconds(1 << 20)
    # Eight times the text: quadratic work would take 64 times as long. The floor keeps timer noise out.
    assert large < max(24 * small, 0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.integers(1, 1 << 14))
def test_any_mixture_takes_linear_time(pieces: list[str], times: int) -> None:
    text = ("".join(pieces) * times)[: 1 << 18]
    started = time.process_time()
    find(text)
    assert time.process_time() - started < 3


@given(st.lists(st.sampled_from([text for text, _, _ in SECRETS] + LOOKALIKES), max_size=12))
def test_lines_are_searched_together_as_each_by_itself(lines: list[str]) -> None:
    alone = [(index, secret) for index, line in enumerate(lines) for secret in find(line)]
    assert list(find_in_lines(lines)) == alone


@given(st.text(max_size=200))
def test_masking_keeps_what_is_no_secret(text: str) -> None:
    masked = mask(text)
    assert (masked == text) == (find(text) == [])


@pytest.mark.parametrize(("digits", "valid"), [("79927398713", True), ("79927398710", False), ("0", True)])
def test_luhn(digits: str, valid: bool) -> None:
    assert luhn(digits) is valid
