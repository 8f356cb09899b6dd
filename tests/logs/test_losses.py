"""Why lines were lost is read from the counters of the servers, and the hint says what to change."""

from dataclasses import replace

import pytest

from stack.records.logs.delivery import AGENT_FILE, Delivery
from stack.records.logs.entry import EmittedLine, LogEntry
from stack.records.logs.losses import Losses
from suites.core.rule import NotApplicable
from suites.logs.rules import delivered_exactly_once

FILE = "/var/log/services/dante/api/one.log"
READ = f'promtail_read_lines_total{{path="{FILE}"}} 3\n'
LOKI = 'loki_discarded_samples_total{{format="loki",policy="",reason="{}",retention_hours="168",tenant="fake"}} {}\n'
PROMTAIL = 'promtail_request_duration_seconds_count{{host="127.0.0.1:1",status_code="{}"}} {}\n'


def hint(losses: Losses | None, *texts: str, found: tuple[str, ...] = ()) -> str:
    lines = tuple(EmittedLine.parse(text, number, FILE) for number, text in enumerate((*found, *(texts or ("a",))), 1))
    entries = tuple(LogEntry((("service", "api"),), 1, text) for text in found)
    [finding] = delivered_exactly_once.check.judge(Delivery("api", {"service": "api"}, lines, entries, losses=losses))
    return finding.hint or ""


@pytest.mark.parametrize(
    ("store", "agent", "wanted"),
    [
        (
            LOKI.format("rate_limited", 40),
            "",
            "as `rate_limited` (counted 40, with retries): raise `ingestion_rate_mb`",
        ),
        (LOKI.format("per_stream_rate_limit", 4e1), "", "raise `per_stream_rate_limit`"),
        (LOKI.format("stream_limit", 28), "", "raise `max_global_streams_per_user`"),
        (LOKI.format("line_too_long", 1), "", "raise `max_line_size`, set `max_line_size_truncate: true`"),
        (LOKI.format("greater_than_max_sample_age", 10), "", "older than `reject_old_samples_max_age` allows"),
        (LOKI.format("too_far_behind", 1), "", "half of `ingester.max_chunk_age`"),
        (LOKI.format("too_far_in_future", 1), "", "`creation_grace_period`"),
        (LOKI.format("disallowed_structured_metadata", 1), "", "set `allow_structured_metadata: true`"),
        (LOKI.format("blocked_ingestion", 1), PROMTAIL.format(260, 1), "`block_ingestion_until`"),
        (LOKI.format("brand_new", 1), "", "as `brand_new` (counted 1, with retries): see `limits_config`"),
        ("", PROMTAIL.format(404, 1), "answers pushes with 404: nothing is at that path: `clients.url` ends in"),
        ("", PROMTAIL.format(401, 1), "it requires a tenant: set `auth_enabled: false`"),
        ("", PROMTAIL.format(-1, 4), "pushes reach no store: correct the address"),
        (
            "",
            'logentry_dropped_lines_total{reason="drop_stage"} 1\n',
            f"stage `drop` of {AGENT_FILE} drops lines (counted 1)",
        ),
        ("", 'loki_process_dropped_lines_total{reason="noise"} 1\n', "a stage with the reason `noise`"),
        ("", 'promtail_dropped_entries_total{reason="line_too_long"} 1\n', "of the agent, or write less"),
    ],
)
def test_the_hint_says_what_the_servers_counted(store: str, agent: str, wanted: str) -> None:
    assert wanted in hint(Losses.parse(store, READ + agent))


def test_what_nobody_counted_has_the_general_hint() -> None:
    general = "check whether a job in"
    assert hint(None).startswith(general)
    assert hint(Losses.parse("", READ)).startswith(general)
    assert hint(Losses.parse("", READ + PROMTAIL.format(204, 9))).startswith(general)
    assert hint(Losses.parse("", None)).startswith(general)


def test_a_file_that_no_job_reads_is_the_reason_whatever_else_was_refused() -> None:
    other = Losses.parse(LOKI.format("rate_limited", 4), READ.replace("/api/", "/auth/"))
    assert hint(other) == f"the agent has not read {FILE}: no `__path__` of a job in {AGENT_FILE} matches it"
    assert "rate_limited" in hint(Losses.parse(LOKI.format("rate_limited", 4), READ.replace("/var/log", "/mnt")))


def test_a_wrong_clock_explains_a_loss_only_where_the_file_is_read() -> None:
    line = EmittedLine.parse("a", 1, FILE)._replace(misdated=True)
    read = Delivery("api", {"service": "api"}, (line,), (), losses=Losses.parse("", READ))
    with pytest.raises(NotApplicable, match="a store takes none of the lines"):
        list(delivered_exactly_once.check.judge(read))
    unread = replace(read, losses=Losses.parse("", READ.replace("/api/", "/auth/")))
    lost = [finding.message for finding in delivered_exactly_once.check.judge(unread)]
    assert lost == ["the only line was not found in 20 s"]


def test_a_reason_that_does_not_fit_the_lines_is_not_named() -> None:
    too_long = Losses.parse(LOKI.format("line_too_long", 1), READ)
    assert "line_too_long" in hint(too_long, "x" * 90, found=("y" * 50,))
    assert "line_too_long" not in hint(too_long, "x" * 30, found=("y" * 50,))
    # The trial of retention pushes old lines to the same store.
    both = Losses.parse(LOKI.format("greater_than_max_sample_age", 3) + LOKI.format("stream_limit", 2), READ)
    assert "stream_limit" in hint(both)
    assert "greater" not in hint(both)


def test_only_what_was_counted_since_is_told() -> None:
    before, now = (Losses.parse(LOKI.format("rate_limited", number), READ) for number in (40, 42))
    assert now.since(before).refused == {"rate_limited": 2}
    assert now.since(now).refused == {}
    assert now.since(now).read == {FILE: 3}
