"""The same finding keeps its fingerprint from night to night, and another one gets another."""

import pytest

from stack.text.fingerprint import fingerprints, is_fingerprint


def of(*messages: str, subject: str = "shop", **where: str) -> list[str]:
    return fingerprints(subject, [{"message": message, "where": where} for message in messages])


SAME = [
    ("line 2 has no label `system`", "13 of 20 lines, first line 8, have no label `system`"),
    ("line 1 was not found in 20 s", "3 of 3 lines, first line 1, were not found in 5 s"),
    ("line 2 was found 2 times", "line 7 was found 3 times"),
    ("name `_b` is wrong (2 times, first at line 1)", "name `_b` is wrong"),
    ('series `a{b="1"}` is the same as the one at line 1', 'series `a{b="2"}` is the same as the one at line 9'),
    ("label `path` has ids: 2 of 3 values, first `/users/42`", "label `path` has ids: 1 of 1 value, first `/orders/7`"),
    ("label `job`: 2 metrics expose it, first `a_total`", "label `job`: 1 metric exposes it, first `b_total`"),
    ("the clock of loki is at least 89 s ahead", "the clock of loki is at least 1.5 min ahead"),
    ("loki 3.6.15 is past its end of life, 2026-03-02", "loki v3.7 is past its end of life, 2027-03-02"),
    ("retention last ran 5h ago; 19 runs failed", "retention last ran 27h 47m ago; 1 run failed"),
    ("lines were dropped (`lost_total` +5 in 60 min)", "lines were dropped (`lost_total` +77 in 60 min)"),
    ("the connection was lost, in 1 of 9 scrapes", "the connection was lost"),
    ("target `http://127.0.0.1:38453/m` is down", "target `http://127.0.0.1:33333/m` is down"),
    ("target `10.0.0.7:9100` is down", "target `10.0.3.12:9100` is down"),
    ("pod `checkout-6d5f7c9b8d-x2k4p` fails", "pod `checkout-7fbb5d6c9-abcde` fails"),
    ("a line is 12.0 days old", "a line is 3 hours old"),
    ("`a` is 3600 s late: 2026-01-31T13:00:00Z", "`a` is 2 h late: 2027-02-01T01:00:00+02:00"),
    ("request 6f1e2d3c-0000-4000-8000-1234567890ab failed", "request 0f1e2d3c-1111-4000-8000-1234567890ff failed"),
    ("`a` has 1,790 series, 100 over the budget", "`a` has 2 series, 1 over the budget"),
    ("the log may grow to 45 GB", "the log may grow to 450 MiB"),
    ("`job-4711` hangs at 0xdeadbeef01", "`job-12345` hangs at 0xabadcafe02"),
]
DIFFERENT = [
    ("`http_4xx_total` has no help", "`http_5xx_total` has no help"),
    ("the target `shop-1:80` is down", "the target `shop-2:80` is down"),
    ("the target `shop:80` is down: timeout", "the target `shop:80` is down: connection refused"),
    ("job `legacy` is not known", "job `cron` is not known"),
    ("loki is down", "tempo is down"),
    ("latency_p50 is a statistic", "latency_p99 is a statistic"),
    ("`a` comes before `b`", "`b` comes before `a`"),
    ("`a` has no help", "`a` has help"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_what_changes_from_run_to_run_does_not_count(before: str, after: str) -> None:
    assert of(before) == of(after)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_findings_are_told_apart(one: str, other: str) -> None:
    assert of(one) != of(other)


def test_a_second_finding_that_differs_in_a_number_alone_has_a_name_of_its_own() -> None:
    first, second, other = of("target `10.0.0.1:80` is down", "target `10.0.0.2:80` is down", "`x` is down")
    assert second == f"{first}-2"
    assert other[:16] != first
    assert all(map(is_fingerprint, (first, second)))
    assert not any(map(is_fingerprint, ("", None, "abc", f"{first}-", first.upper() + "-2")))


def test_subject_and_place_count() -> None:
    at = {"file": "rules/a.yml", "line": "3", "excerpt": "x"}
    assert len({*of("m"), *of("m", subject="till"), *of("m", **at), *of("m", panel="CPU")}) == 4
    assert of("m", **at) == of("m", **at | {"line": "9", "excerpt": "y"})
    assert of("m", file="/home/a/rules/a.yml") == of("m", file="/builds/77/rules/a.yml")
    assert of("`q` is slow", panel="CPU") == of("`q` is slow"), "a message that names something needs no place"
