"""Every format has every verdict, whatever a service put into it, and no secret or markup of the service."""

from __future__ import annotations

import base64
import html.parser
import json
import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from reports import __main__ as command
from reports.contract import problems_of
from reports.model import RunInfo, SuiteInfo, build
from reports.publish import publish
from reports.text import clean, clean_tree
from reports.verdicts import NOT_APPLICABLE
from reports.writers import WRITERS, files, github, html_writer, junit, markdown, terminal
from tests.data.reports import sample

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("realistic", "all-pass", "hostile")


@cache
def report_of(kind: str) -> dict[str, Any]:
    return sample.sample(kind)


@cache
def rendered(kind: str) -> dict[str, str]:
    formats = {name: "".join(chain(*files(name, report_of(kind)).values())) for name in WRITERS}
    return formats | {"terminal": terminal.render(report_of(kind)), "annotations": github.render(report_of(kind))}


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
    failing = build(sample.realistic(), fail_on="warning")
    failing_root = ET.fromstring(junit.render(failing))  # noqa: S314  # own text
    counts = failing["gate"]["counts"]
    assert int(failing_root.attrib["failures"]) == counts["fail"] + counts["warn"] + counts["not-evaluated"]


@pytest.mark.parametrize("name", [*WRITERS, "terminal", "annotations"])
def test_no_secret_and_no_control_character_in_any_format(name: str) -> None:
    text = rendered("hostile")[name]
    assert [leak for leak in sample.LEAKS if leak in text] == []
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text) == []
    assert len(text) < 500_000  # megabytes from a service stay out


def test_secrets_are_in_the_sample_before_masking() -> None:
    raw = "\n".join(sample.SECRETS.values())
    assert [leak for leak in sample.LEAKS if leak not in raw] == []


def test_cleaning_is_idempotent_and_bounded() -> None:
    long = clean("password=hunter2 \x1b[31m" + "x" * 3_000_000, 400)
    assert long.startswith("password=[masked: password] \\x1b[31m")
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


def test_a_writer_that_crashes_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Any) -> str:
        raise ValueError("boom")

    (tmp_path / "junit.xml").write_text("old", encoding="utf-8")
    monkeypatch.setitem(WRITERS, "junit.xml", crash)
    done = publish(report_of("realistic"), tmp_path)
    assert {path.name for path in done.written if path.suffix != ".svg"} == {*WRITERS} - {"junit.xml", "badges/*.svg"}
    assert len(done.problems) == 1
    assert "junit.xml: not written, ValueError: boom" in done.problems[0]
    assert not (tmp_path / "junit.xml").exists()


def test_a_report_that_breaks_its_schema_is_written_and_reported(tmp_path: Path) -> None:
    done = publish(report_of("realistic") | {"notes": "no list"}, tmp_path)
    assert (tmp_path / "report.json").exists()
    assert any("report.json breaks its own schema at $.notes" in problem for problem in done.problems)


def test_render_command_makes_the_same_formats_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(report_of("hostile"), tmp_path / "one")
    assert command.main(["render", str(tmp_path / "one/report.json"), "--out", str(tmp_path / "two")]) == 0
    assert "services fail the gate" in capsys.readouterr().out
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert first == second


def test_render_command_refuses_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text('{"a": 1}', encoding="utf-8")
    assert command.main(["render", str(tmp_path / "x.json"), "--out", str(tmp_path / "out")]) == 2
    assert "is not a report.json that this version can read" in capsys.readouterr().err
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


@pytest.mark.parametrize("width", [60, 100, 200])
def test_terminal_is_as_wide_as_asked(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [line for line in terminal.render(report_of("realistic")).splitlines() if "http" not in line]
    assert max(map(len, lines)) == width
    assert [line for line in lines if len(line) > 0.9 * width and "─" not in line and "=" not in line]


def test_terminal_of_one_service_lists_that_first_and_the_stack_in_a_line() -> None:
    found = [
        sample.verdict(8, None, "warn", subject="grafana"),
        sample.verdict(0, "shop", "warn"),
        *(sample.verdict(n, None, "not-evaluated", subject=f"part-{n}", reason=f"part-{n} is absent") for n in (1, 2)),
        sample.verdict(2, "shop", "not-evaluated", reason="no Prometheus"),
        *(sample.verdict(n, "shop", "pass") for n in (3, 4)),
    ]
    suite = SuiteInfo(scope=("--service shop",), selected_services=("shop",))
    text = terminal.render(build(found, RunInfo(sample.run_info([])), suite), 120)
    assert text.splitlines()[0].strip("= ") == "shop passes the gate (partial run: --service shop)"
    assert text.index("] on shop\n") < text.index("] on grafana\n")
    assert "      fix  Rename it" in text
    assert "    1 × no Prometheus (1 rule, 1 subject)" in text
    assert "    2 × of the stack itself, not of a selected service: see the report" in text
    assert "absent" not in text


@pytest.mark.parametrize(
    ("image", "words"),
    [("jpeg", "As a viewer's browser drew them"), ("svg", "Drawn by this suite from what the queries")],
)
def test_pictures_are_shown_and_survive_being_rendered_again(image: str, words: str, tmp_path: Path) -> None:
    encoded = base64.b64encode(b"<svg/>" * 500).decode()
    picture = {"subject": "board", "title": "Board", "width": 1200, "parts": 3, "failing": 0, image: encoded}
    report = build([], RunInfo({"pictures": [picture]}))
    publish(report, tmp_path / "one")
    assert command.main(["render", str(tmp_path / "one/report.json"), "--out", str(tmp_path / "two")]) == 0

    for folder in ("one", "two"):
        page = (tmp_path / folder / "index.html").read_text(encoding="utf-8")
        assert encoded in page
        assert words in page
        assert ("all drawn" in page) is (image == "jpeg")
