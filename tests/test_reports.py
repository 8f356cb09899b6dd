"""The report holds what the verdicts say, in every format, whatever a service put into them."""

from __future__ import annotations

import html.parser
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from reports import __main__ as command
from reports.baseline import BaselineError, load_baseline
from reports.contract import problems_of
from reports.mask import mask
from reports.model import NOT_APPLICABLE, RunInfo, build, count, score
from reports.publish import WRITERS, publish
from reports.runinfo import load_run
from reports.text import clean, clean_tree
from reports.views import gaps, group, headline, place
from reports.writers import html as html_writer
from reports.writers import markdown, terminal
from tests.data.reports import sample

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("realistic", "all-pass", "hostile")


@cache
def report_of(kind: str) -> dict[str, Any]:
    return sample.sample(kind)


@cache
def rendered(kind: str) -> dict[str, str]:
    formats = {name: render(report_of(kind)) for name, render in WRITERS.items()}
    return formats | {"terminal": terminal.render(report_of(kind))}


class Page(html.parser.HTMLParser):
    """Every tag with its attributes, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.tags if attribute in attributes]


@pytest.mark.parametrize("kind", KINDS)
def test_report_keeps_its_schema(kind: str) -> None:
    assert problems_of(report_of(kind)) == []


def test_schema_refuses_what_is_no_report() -> None:
    broken = report_of("all-pass") | {"verdicts": [{"rule": "a/b", "outcome": "maybe"}]}
    assert any("$.verdicts[0]" in problem for problem in problems_of(broken))
    assert problems_of(report_of("all-pass") | {"surprise": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_no_verdict_is_lost_in_any_format(kind: str) -> None:
    report, formats = report_of(kind), rendered(kind)
    assert len(json.loads(formats["report.json"])["verdicts"]) == len(report["verdicts"])
    assert len(ET.fromstring(formats["junit.xml"]).findall(".//testcase")) == len(report["verdicts"])  # noqa: S314  # own text
    counted = report["gate"]["counts"]
    for outcome, number in counted.items():
        if number:
            assert f"{number:,} {outcome}" in formats["terminal"]
        if number and outcome != NOT_APPLICABLE:
            assert f"<b>{number:,}</b> {outcome.replace('-', ' ')}" in formats["index.html"]


def test_junit_counts_agree_with_its_cases() -> None:
    root = ET.fromstring(rendered("realistic")["junit.xml"])  # noqa: S314  # own text
    for tag, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(root.findall(f".//testcase/{tag}")) == int(root.attrib[total]) > 0
    strict = build(sample.realistic(), strict=True)
    strict_root = ET.fromstring(WRITERS["junit.xml"](strict))  # noqa: S314  # own text
    counts = strict["gate"]["counts"]
    assert int(strict_root.attrib["failures"]) == counts["fail"] + counts["warn"] + counts["not-evaluated"]


@pytest.mark.parametrize("name", [*WRITERS, "terminal"])
def test_no_secret_and_no_control_character_in_any_format(name: str) -> None:
    text = rendered("hostile")[name]
    assert [leak for leak in sample.LEAKS if leak in text] == []
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text) == []
    assert len(text) < 500_000  # megabytes from a service stay out


def test_secrets_are_in_the_sample_before_masking() -> None:
    raw = "\n".join(sample.SECRETS.values())
    assert [leak for leak in sample.LEAKS if leak not in raw] == []


@pytest.mark.parametrize("secret", sample.SECRETS.values(), ids=sample.SECRETS)
def test_masking_marks_and_is_idempotent(secret: str) -> None:
    for text in (secret, f"before {secret} after", json.dumps({"msg": secret})):
        assert "(masked)" in mask(text)
        assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "harmless",
    [
        "1700000000000 and 1767225600123456789",
        "value 0.4111111111111111",
        "http_tokens_total 5",
        "token: expected one of info, warn",
        "4111 1111 1111 1112 fails Luhn",
        "https://example.org/a@b",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
    ],
)
def test_masking_leaves_what_is_no_secret(harmless: str) -> None:
    assert mask(harmless) == harmless


def test_cleaning_is_idempotent_and_bounded() -> None:
    long = clean("password=hunter2 \x1b[31m" + "x" * 3_000_000, 400)
    assert long.startswith("password=(masked) \\x1b[31m")
    assert len(long) <= 400
    report = report_of("hostile")
    assert clean_tree(report) == report


def test_page_lets_no_service_inject_anything() -> None:
    page = Page(rendered("hostile")["index.html"])
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == 1
    assert names.count("style") == 1
    assert not {"img", "iframe", "object", "base", "link"} & set(names)
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on") or key == "style"]
    assert [link for link in page.values("href") if not re.match(r"#[\w-]+$|https?://", link)] == []
    assert page.values("src") == []


def test_page_policy_allows_exactly_its_own_style_and_script() -> None:
    text = rendered("realistic")["index.html"]
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)[0].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        body = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[0]
        assert html_writer._hash(body) in policy  # the hash is what the test is about


@pytest.mark.parametrize("kind", [*KINDS, "many"])
def test_page_links_reach_an_element_and_ids_are_unique(kind: str) -> None:
    page = Page(html_writer.render(report_of(kind)))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)


def test_page_of_a_hundred_services_stays_light() -> None:
    text = html_writer.render(report_of("many"))
    assert len(text.encode()) < 5_000_000
    assert text.count("<td class=") >= 15_000
    everything_broken = build(sample.many(share=0.97), RunInfo({}))
    assert len(html_writer.render(everything_broken).encode()) < 20_000_000


@pytest.mark.parametrize("kind", [*KINDS, "many"])
def test_summary_fits_a_comment(kind: str) -> None:
    text = markdown.render(report_of(kind))
    assert len(text) < 60_000
    assert text.startswith("## ")
    assert text.count("<details>") == text.count("</details>")


def test_summary_of_a_service_with_endless_failures_still_fits() -> None:
    finding = {"message": "`|" * 700, "hint": "<" * 900, "where": {"excerpt": "`" * 1900}}
    endless = [sample.verdict(n, "a", "error", findings=[finding] * 50, reason="#" * 1000) for n in range(300)]
    assert len(markdown.render(build(endless))) < 60_000


def test_summary_escapes_markup() -> None:
    escaped = markdown.escape("a|b *c* <d> @ann [x](y) #1 `co|de` https://e.org\n# head")
    assert escaped == (
        "a\\|b \\*c\\* &lt;d&gt; @\u2060ann \\[x\\](y) \\#\u20601 <code>co\\|de</code> https&#58;//e.org \\#\u2060 head"
    )


def test_score_weighs_musts_and_never_rewards_gaps() -> None:
    def judged(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
        return [{"outcome": outcome, "level": level} for outcome, level in pairs]

    assert score(judged(("not-evaluated", "MUST"), ("error", "MUST"))) is None
    assert score(judged(("pass", "MUST"), ("not-evaluated", "MUST"))) == 100
    assert score(judged(("fail", "MUST"), ("pass", "SHOULD"))) == 25
    assert score(judged(("waived", "SHOULD"), ("pass", "MUST"))) == 75
    assert score(judged(*[("pass", "MUST")] * 999, ("warn", "SHOULD"))) == 99


@pytest.mark.parametrize(
    ("verdicts", "strict", "state", "words"),
    [
        ([], False, "none", "Nothing was judged"),
        ([sample.verdict(1, "a", "not-evaluated")], False, "none", "Nothing could be evaluated"),
        ([sample.verdict(1, "a", "pass")], False, "pass", "The service passes the gate"),
        ([sample.verdict(1, "a", "pass"), sample.verdict(1, "b", "not-evaluated")], False, "pass", "1 not evaluated"),
        ([sample.verdict(0, "a", "warn")], False, "pass", "The service passes the gate"),
        ([sample.verdict(0, "a", "warn")], True, "fail", "1 of 1 service fails the gate"),
        ([sample.verdict(1, "a", "fail"), sample.verdict(1, "b", "pass")], False, "fail", "1 of 2 services fails"),
        ([sample.verdict(1, None, "fail"), sample.verdict(1, "b", "pass")], False, "fail", "The stack itself fails"),
        ([sample.verdict(1, "a", "error")], False, "error", "the suite itself broke 1 time"),
    ],
)
def test_headline_tells_the_truth(
    verdicts: list[Any], strict: bool, state: str, words: str
) -> None:  # a parameter of the table
    report = build(verdicts, strict=strict)
    told = headline(report)
    assert (told.state, words in told.sentence) == (state, True), told
    assert report["gate"]["passed"] == (state == "pass")


def test_headline_says_what_was_simulated() -> None:
    assert (
        "2 verdicts simulated"
        in headline(build([sample.verdict(n, "a", "pass", evidence="simulated") for n in (1, 2)])).why
    )


def test_same_finding_on_several_services_stands_once() -> None:
    found = [{"message": f"`{name}` is down", "hint": f"start {name}"} for name in ("alpha", "beta")]
    report = build([sample.verdict(1, f["hint"][6:], "fail", findings=[f]) for f in found])
    (one,) = group(report["verdicts"], "fail")
    assert (one.subjects, one.owner) == (["alpha", "beta"], "Several services")
    assert one.findings[0]["message"] == "`‹subject›` is down"
    assert terminal.render(report).count("is down") == 1
    unlike = (("alpha", "is slow"), ("beta", "is wrong"))
    apart = build([sample.verdict(1, name, "fail", findings=[{"message": text}]) for name, text in unlike])
    assert len(group(apart["verdicts"], "fail")) == 2


def test_gaps_are_grouped_by_reason() -> None:
    found = gaps(build([sample.verdict(n, "a", "not-evaluated", reason="Loki is down") for n in range(3)])["verdicts"])
    assert [(gap.reason, gap.count, len(gap.rules)) for gap in found] == [("Loki is down", 3, 3)]
    named = [sample.verdict(1, name, "not-evaluated", reason=f"{name} did not answer") for name in ("alpha", "beta")]
    assert [gap.reason for gap in gaps(build(named)["verdicts"])] == ["‹subject› did not answer"]
    assert [gap.reason for gap in gaps(build(named[:1])["verdicts"])] == ["alpha did not answer"]


def test_a_rule_that_does_not_apply_is_no_gap() -> None:
    found = [
        sample.verdict(1, "a", "not-evaluated", applies=False, reason="no histograms"),
        sample.verdict(2, "a", "pass"),
    ]
    report = build(found, strict=True)
    assert report["gate"]["passed"]
    assert (report["gate"]["counts"][NOT_APPLICABLE], report["gate"]["counts"]["not-evaluated"]) == (1, 0)
    assert gaps(report["verdicts"]) == []
    assert "not evaluated" not in terminal.render(report)
    assert "does not apply: no histograms" in WRITERS["junit.xml"](report)
    assert "<td class=x>not-applicable" in html_writer.render(report)
    assert not build([sample.verdict(1, "a", "not-evaluated"), *found], strict=True)["gate"]["passed"]


def test_malformed_verdicts_become_errors_and_stay() -> None:
    report = build(["text", None, {"rule": "a/b"}, {"rule": "a/b", "subject": "s", "outcome": "great"}])
    assert count(report["verdicts"])["error"] == 4
    assert problems_of(report) == []
    assert "`outcome` is 'great'" in str(report["verdicts"])


def test_place_names_what_it_knows() -> None:
    assert place({"file": "a.yaml", "line": 3, "excerpt": "x"}) == "a.yaml:3"
    assert place({"line": 3, "series": "up", "url": "http://h/"}) == "line 3, series up, http://h/"
    assert place({}) == ""


def earlier(tmp_path: Path, verdicts: list[Any]) -> Path:
    path = tmp_path / "earlier.json"
    path.write_text(WRITERS["report.json"](build(verdicts)), encoding="utf-8")
    return path


def test_baseline_tells_new_fixed_still_unproven_and_gone(tmp_path: Path) -> None:
    before = [sample.verdict(n, "a", "fail") for n in (1, 2, 3, 4)] + [sample.verdict(5, "a", "pass")]
    now = [
        sample.verdict(1, "a", "fail"),
        sample.verdict(2, "a", "pass"),
        sample.verdict(3, "a", "not-evaluated"),
        sample.verdict(5, "a", "fail"),
        sample.verdict(6, "a", "pass"),
    ]
    report = build(now, baseline=load_baseline(earlier(tmp_path, before)))
    changes = {verdict["rule"]: verdict["change"] for verdict in report["verdicts"]}
    expected = dict(zip((1, 2, 3, 5, 6), ("still", "fixed", "unproven", "new", None), strict=True))
    assert changes == {sample.verdict(n, "a", "pass")["rule"]: change for n, change in expected.items()}
    assert report["baseline"]["counts"] == {"new": 1, "still": 1, "fixed": 1, "unproven": 1}
    assert [item["rule"] for item in report["baseline"]["gone"]] == [sample.verdict(4, "a", "pass")["rule"]]
    assert problems_of(report) == []
    assert "1 new, 1 fixed, 1 still failing" in terminal.render(report)
    assert "1 new, 1 fixed, 1 still failing" in markdown.render(report)
    assert "still failing" in html_writer.render(report)
    assert 'name="change" value="new"' in WRITERS["junit.xml"](report)


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("{}", "is not a report.json"), ("[" * 100_000, "is not JSON")],
)
def test_unusable_baseline_says_why(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "old.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError, match=re.escape(f"baseline {path}: {words}")):
        load_baseline(path)


def test_bad_parts_of_run_information_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"backend": "local", "duration_s": -1, "components": [{"name": "x"}]}), encoding="utf-8")
    run = load_run(path)
    assert run.data == {"backend": "local"}
    assert [re.findall(r"`(\w+)` left out", problem) for problem in run.problems] == [["duration_s"], ["components"]]
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in load_run(path).problems[0]
    assert load_run(tmp_path / "none.json").problems == ()
    assert problems_of(build([], run)) == []


def test_a_writer_that_crashes_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Any) -> str:
        raise ValueError("boom")

    (tmp_path / "junit.xml").write_text("old", encoding="utf-8")
    monkeypatch.setitem(WRITERS, "junit.xml", crash)
    done = publish(report_of("realistic"), tmp_path)
    assert sorted(path.name for path in done.written) == ["index.html", "report.json", "summary.md"]
    assert len(done.problems) == 1
    assert "junit.xml: not written, ValueError: boom" in done.problems[0]
    assert not (tmp_path / "junit.xml").exists()


def test_a_report_that_breaks_its_schema_is_written_and_denounced(tmp_path: Path) -> None:
    done = publish(report_of("realistic") | {"notes": "no list"}, tmp_path)
    assert (tmp_path / "report.json").exists()
    assert any("report.json breaks its own schema at $.notes" in problem for problem in done.problems)


def test_render_command_makes_the_same_formats_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(report_of("hostile"), tmp_path / "one")
    assert command.main(["render", str(tmp_path / "one/report.json"), "--out", str(tmp_path / "two")]) == 0
    assert "services fail the gate" in capsys.readouterr().out
    for name in WRITERS:
        assert (tmp_path / "one" / name).read_text("utf-8") == (tmp_path / "two" / name).read_text("utf-8")


def test_render_command_refuses_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text('{"a": 1}', encoding="utf-8")
    assert command.main(["render", str(tmp_path / "x.json"), "--out", str(tmp_path / "out")]) == 2
    assert "is not a report.json of this version" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_render_command_takes_a_report_with_optional_parts_missing(tmp_path: Path) -> None:
    report = json.loads(rendered("realistic")["report.json"])
    for service in report["services"]:
        service.pop("measures")
        service.pop("description")
    for component in report["stack"]["components"]:
        component.pop("detail")
    for verdict in report["verdicts"]:
        verdict.pop("change", None)
        verdict["findings"] = [{"message": finding["message"]} for finding in verdict["findings"]]
    report.pop("collection_s")
    (tmp_path / "r.json").write_text(json.dumps(report), encoding="utf-8")
    assert command.main(["render", str(tmp_path / "r.json"), "--out", str(tmp_path / "out")]) == 0


def test_terminal_keeps_to_its_width() -> None:
    for width in (60, 100):
        too_long = [line.text for line in terminal.lines(report_of("realistic"), width) if len(line.text) > width]
        assert [line for line in too_long if "http" not in line] == []
