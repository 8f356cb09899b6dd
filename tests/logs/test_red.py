"""One thing wrong in an otherwise sound log turns the rules red that are about it, and no others."""

import pytest

from stack.records.logs.line import MAX_KEPT
from stack.records.logs.stream import LogStream
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.rule import NotApplicable
from suites.core.verdict import judge

HEAD = """\
service: api
format: structlog
from: 2026-11-24T06:00:00Z
to: 2026-11-24T06:00:05Z
max_line_bytes: 4096
specialised: {api.database: {operation: string, duration_ms: number}}
requests:
- {id: r-1, path: /jobs, expected: [{level: info, logger: api.http, fields: {status: 200}}]}
- {id: r-2, path: /fail, status: 500}
---
"""
START = (
    '{"timestamp":"2026-11-24T06:00:00.100000Z","level":"info","event":"ready","logger":"api.http","service":"api"}\n'
)
QUERY = (
    '{"timestamp":"2026-11-24T06:00:01.100000Z","level":"info","event":"query","logger":"api.database","service":"api",'
    '"request_id":"r-1","operation":"select","duration_ms":1.5}\n'
)
ANSWER = (
    '{"timestamp":"2026-11-24T06:00:01.200000Z","level":"info","event":"answered","logger":"api.http","service":"api",'
    '"request_id":"r-1","status":200}\n'
)
ERROR = (
    '{"timestamp":"2026-11-24T06:00:02.100000Z","level":"error","event":"failed","logger":"api.http","service":"api",'
    '"request_id":"r-2","status":500,"error":"KeyError: 1","stack":"Traceback\\n  File \\"a.py\\", line 1"}\n'
)
SOUND = HEAD + START + QUERY + ANSWER + ERROR
NOISE = "x" * 5000

CHANGES = {
    "a panic": ("", "panic: boom\n\ngoroutine 1 [running]:\n", {"no-plain-text-lines"}),
    "half a line": ("", ANSWER[:40] + "\n", {"one-json-object-per-line"}),
    "a bad byte": ('"event":"ready"', '"event":"\udcff"', {"utf8"}),
    "a stack on further lines": (
        ERROR,
        ERROR.replace(',"stack":"Traceback\\n  File \\"a.py\\", line 1"', "") + '  File "a.py", line 1\n    f()\n',
        {"errors-carry-error-and-stack", "no-multiline-events"},
    ),
    "no message": ('"event":"ready",', "", {"matches-schema"}),
    "an empty message": ('"event":"ready"', '"event":""', {"message-not-empty"}),
    "a number as message": ('"event":"ready"', '"event":7', {"matches-schema"}),
    "another level": ('"level":"info","event":"ready"', '"level":"LOUD","event":"ready"', {"level-allowed"}),
    "an unreadable time": ("2026-11-24T06:00:00.100000Z", "24 Nov 2026", {"timestamp-parses"}),
    "an object as level": ('"level":"info","event":"ready"', '"level":{},"event":"ready"', {"matches-schema"}),
    "a padded level": ('"level":"info","event":"ready"', '"level":"info ","event":"ready"', {"level-allowed"}),
    "a time of no standard": ("2026-11-24T06:00:00.100000Z", "2026-11-24 06:00:00.1+0000", {"timestamp-parses"}),
    "a small z": ("06:00:00.100000Z", "06:00:00.100000z", {"timestamp-parses"}),
    "a leap second": ("06:00:00.100000Z", "05:59:60.100000Z", {"timestamp-parses"}),
    "a time that is no time": ('"2026-11-24T06:00:00.100000Z"', "true", {"matches-schema"}),
    "no zone": ("06:00:00.100000Z", "06:00:00.100000", {"timestamp-has-zone"}),
    "local time": ("06:00:02.100000Z", "08:00:02.100000Z", {"timestamp-near-emission"}),
    "one line of a wrong clock": ("06:00:01.100000Z", "09:00:01.100000Z", {"timestamp-near-emission"}),
    "local time without a zone": (".100000Z", ".100000", {"timestamp-has-zone"}),
    "a step back": ("06:00:01.200000Z", "05:59:58.500000Z", {"timestamps-in-order"}),
    "another service": ('"api.database","service":"api"', '"api.database","service":"db"', {"service-named"}),
    "no service": ('"api.database","service":"api"', '"api.database"', {"service-named"}),
    "a success as an error": (
        '"level":"info","event":"query"',
        '"level":"error","error":"e","stack":"s","event":"query"',
        {"successes-are-not-errors"},
    ),
    "a failure as a warning": ('"level":"error"', '"level":"warning"', {"server-errors-are-logged"}),
    "no error": ('"error":"KeyError: 1",', "", {"errors-carry-error-and-stack"}),
    "a broken promise": ('"status":200', '"status":201', {"expected-lines-written"}),
    "a lost id": (
        ERROR,
        ERROR.replace('"request_id":"r-2",', ""),
        {"request-id-carried", "server-errors-are-logged"},
    ),
    "a broken shape": ('"duration_ms":1.5', '"duration_ms":"1.5"', {"specialised-loggers-match-shape"}),
    "a silent logger": (QUERY, "", {"specialised-loggers-seen"}),
    "a secret": ('"operation":"select"', '"operation":"select","url":"redis://:hunter2@cache"', {"no-secrets"}),
    "a long line": ('"operation":"select"', f'"operation":"{NOISE}"', {"line-length"}),
    "colours": ('"event":"ready"', '"event":"\\u001b[32mready"', {"no-control-characters"}),
    "a key twice": ('"operation":"select"', '"operation":"x","operation":"select"', {"keys-unique"}),
    "a line twice": (QUERY, QUERY + QUERY, {"no-repeated-lines"}),
    "a long number": ('"duration_ms":1.5', '"duration_ms":1.5,"rows":12345678901234567', {"numbers-round-trip"}),
    "an unread beginning": ("service: api\n", "service: api\nunread: 100\n", {"log-files-bounded"}),
}  # fmt: skip


def red(text: str) -> set[str]:
    stream = LogStream.parse(text)
    found = set()
    for rule in rules().values():
        if rule.record is LogStream:
            try:
                found |= {rule.id.removeprefix("logs/") for _ in rule.judge(stream)}
            except NotApplicable:
                continue
    return found


def test_a_sound_log_is_green_and_every_rule_has_something_to_say() -> None:
    assert red(SOUND) == set()
    silent = []
    for rule in rules().values():
        if rule.record is LogStream:
            try:
                list(rule.judge(LogStream.parse(SOUND)))
            except NotApplicable as why:
                silent.append((rule.id, str(why)))
    assert silent == []


@pytest.mark.parametrize(("old", "new", "wanted"), CHANGES.values(), ids=CHANGES)
def test_a_change_turns_its_own_rules_red(old: str, new: str, wanted: set[str]) -> None:
    changed = SOUND.replace(old, new) if old else SOUND + new
    assert changed != SOUND
    assert red(changed) == wanted


def test_every_rule_on_log_lines_is_turned_red_by_some_change() -> None:
    turned = set().union(*(wanted for _, _, wanted in CHANGES.values()))
    mine = {rule.id.removeprefix("logs/") for rule in rules().values() if rule.record is LogStream}
    # An empty log has a test of its own: it is no change to a line.
    assert mine - turned == {"log-written"}


def test_every_verdict_on_a_line_that_is_not_kept_whole_says_so() -> None:
    stream = LogStream.parse('{"msg":"' + "x" * MAX_KEPT + '"}\n{"level":"info","ts":1795500000,"msg":"ready"}\n')
    verdict = judge(rules()["logs/no-secrets"], "api", Evidence((stream,), "live"))
    assert (verdict.outcome, verdict.reason) == ("pass", "only the first MiB of a line was judged: 1 line is longer")


def test_every_verdict_on_the_end_of_a_log_says_that_the_rest_was_not_read() -> None:
    stream = LogStream.parse('unread: 3000\n---\n{"level":"info","ts":1795500000,"msg":"ready"}\n')
    of_logs = [rule for rule in rules().values() if rule.record is LogStream]
    verdicts = [judge(rule, "api", Evidence((stream,), "live")) for rule in of_logs]
    judged = [verdict for verdict in verdicts if verdict.outcome != "not-evaluated"]
    assert len(judged) > 10
    assert {verdict.reason for verdict in judged} == {
        "only the end of the log was judged: 3,000 bytes before it were not read"
    }
