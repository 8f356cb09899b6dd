"""Whatever a service does, it gets a clear finding, and all others still get their verdicts.

One run judges every miniature of `fixtures/broken` at once; the table says which rules each must break, and which
words tell it. What a miniature breaks beyond its row is as wrong as what it does not break.
"""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fixtures.broken._miniature.logs import BARE_SECRETS
from fixtures.broken._miniature.markup import MARKUP
from fixtures.catalog import load
from suites.core.discovery import in_area
from tests.support.conformance_run import ROOT, Finished, finished

BROKEN = ROOT / "fixtures" / "broken"

BREAKS: dict[str, dict[str, str]] = {
    "healthy": {},
    "refuses": {"metrics/service-started": "Connection refused"},
    "dies-at-start": {"metrics/service-started": "no configuration: APP_DATABASE is not set"},
    "dies-in-the-middle": {
        "metrics/endpoint-reachable": "dies-in-the-middle ended with exit code 1",
        "metrics/traffic-answered": "GET `/work` was not answered, once: Server disconnected",
    },
    "hangs": {"metrics/endpoint-answers-in-time": "scrape timeout of 1 s: no answer at all"},
    "drips-slowly": {"metrics/endpoint-answers-in-time": "bytes of the body so far"},
    "answers-500": {"metrics/endpoint-status-ok": "answers status 500"},
    "answers-html": {"metrics/content-type-known": "the answer is a web page (`text/html`)"},
    "answers-html-as-text": {"metrics/parsable": "the body is an HTML page"},
    "redirects-to-login": {"metrics/endpoint-redirects-resolve": "redirects to a login page"},
    "redirect-loop": {"metrics/endpoint-redirects-resolve": "redirects in a circle"},
    "sends-200-megabytes": {"metrics/endpoint-body-bounded": "larger than the 134217728 bytes that are read at most"},
    "gzip-bomb": {"metrics/endpoint-body-bounded": "reading stopped after 134217729 bytes, unpacked"},
    "sends-random-bytes": {"metrics/parsable": "the body is binary data"},
    "stops-half-way": {"metrics/endpoint-reachable": "after 65 of the 1000 bytes"},
    "lies-about-content-type": {"metrics/content-type-known": "the answer is of type `application/json`"},
    "exposes-a-million-series": {
        "metrics/series-within-budget": "1000000 series",
        "metrics/body-within-budget": "over the budget of 10485760",
        "metrics/label-values-within-budget": "label `queue` of `app_jobs` has 1000000 values",
    },
    "counters-fall": {"metrics/counters-never-fall": "counter `app_jobs_total` fell from 100 to 99"},
    "series-vanish": {"metrics/series-do-not-vanish": "counter `app_jobs_total` lost 1 of 2 series"},
    "exposes-script": {
        "metrics/known-type": f"`app_jobs` has the type `{MARKUP}`",
        "metrics/duplicate-series": "is exposed more than once",
        "metrics/parsable": "a line that is neither a sample nor a comment",
    },
    "logs-nothing": {"logs/log-written": "is empty after 3 requests"},
    "logs-two-megabyte-lines": {
        "logs/line-length": "3 lines are longer than 262,144 bytes, first line 1, the longest has 2,000,",
    },
    "logs-half-lines": {
        "logs/no-multiline-events": "a JSON object spread over several lines (6 lines, first line 1)",
    },
    "logs-nul-bytes": {"logs/no-plain-text-lines": "plain text instead of JSON: NUL bytes (3 lines, first line 1)"},
    "logs-latin-1": {
        "logs/utf8": "a line contains a byte that is not UTF-8: 0xfc (3 lines, first line 1)",
    },
    "logs-ansi-colours": {
        "logs/no-plain-text-lines": "JSON within ANSI colours (3 lines, first line 1)",
    },
    "logs-html-and-script": {
        "logs/level-allowed": "is not known",
        "logs/matches-schema": "key `caller` does not match",
        "logs/service-named": "the catalog names the service `logs-html-and-script`",
        "logs/timestamp-parses": "cannot be parsed (3 lines, first line 1)",
    },
    "logs-secrets": {"logs/no-secrets": "JSON Web Token in `authorization` (3 lines, first line 1)"},
    "logs-tracebacks-between-lines": {"logs/no-plain-text-lines": "Python traceback (12 lines, first line 2)"},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One run over all miniatures, without real servers: they are another test's matter."""
    return finished(tmp_path_factory.mktemp("hostile"), "--catalog=fixtures/broken")


def test_every_miniature_is_in_the_table() -> None:
    assert {service.name for service in load(BROKEN).services} == set(BREAKS)
    folders = {path.name.replace("_", "-") for path in BROKEN.iterdir() if path.name[0] not in "_."}
    assert folders == set(BREAKS), "a miniature's folder has the name of its service"


@pytest.mark.parametrize("name", BREAKS)
def test_each_miniature_breaks_what_it_is_named_for_and_nothing_else(run: Finished, name: str) -> None:
    failed = run.verdicts(name, "fail")
    told = {rule: " / ".join(finding["message"] for finding in verdict["findings"]) for rule, verdict in failed.items()}
    assert told.keys() == BREAKS[name].keys(), told
    for rule, words in BREAKS[name].items():
        assert words in told[rule]


def test_the_healthy_one_is_harmed_by_none_of_its_neighbours(run: Finished) -> None:
    broken = run.verdicts("healthy", "fail", "warn", "error")
    gaps = {verdict["reason"] for verdict in run.verdicts("healthy", "not-evaluated").values() if verdict["applies"]}
    assert {rule: verdict["findings"] or verdict["reason"] for rule, verdict in broken.items()} == {}
    assert len(run.verdicts("healthy", "pass")) > 100
    assert all("Prometheus" in reason for reason in gaps), "only what needs the server that is hidden here"


def test_no_verdict_is_lost_and_none_is_an_error(run: Finished) -> None:
    judged = [(verdict["rule"], verdict["subject"]) for verdict in run.report["verdicts"]]
    assert len(judged) == len(set(judged))
    due = {(rule.id, name) for name in BREAKS for area in ("metrics", "logs") for rule in in_area(area)}
    assert {(rule, name) for rule, name in judged if name in BREAKS} == due
    told = re.search(r"(\d+) failed, (\d+) passed, (\d+) skipped in", run.output)
    assert told, run.output[-2000:]
    assert sum(map(int, told.groups())) == len(judged) == sum(run.report["gate"]["counts"].values())
    assert not [verdict for verdict in run.report["verdicts"] if verdict["outcome"] == "error"]
    failed = {verdict["subject"] for verdict in run.report["verdicts"] if verdict["outcome"] == "fail"}
    assert failed == {name for name, broken in BREAKS.items() if broken}


def test_the_run_fails_says_so_and_shows_no_traceback_of_ours(run: Finished) -> None:
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]
    assert "INTERNALERROR" not in run.output
    ours = re.findall(r"^.*\b(?:suites|reports|stack|fixtures|site-packages)/\S+\.py:\d+: .*$", run.output, re.M)
    assert not ours
    assert not re.findall(r'^\s*File "(?!/srv/app).*$', run.output, re.M)


def test_memory_stays_bounded_though_a_million_series_and_400_megabytes_were_sent(run: Finished) -> None:
    assert run.megabytes < 1500


def test_nothing_of_the_run_is_left(run: Finished) -> None:
    assert not run.run.survivors()
    assert not run.run.leftovers()


def written(run: Finished) -> dict[str, str]:
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(run.folder)): path.read_text(encoding="utf-8") for path in files}


def test_no_secret_stands_in_any_report_or_on_the_terminal(run: Finished) -> None:
    texts = {**written(run), "terminal": run.output}
    assert {"report.json", "index.html", "junit.xml", "summary.md"} <= texts.keys()
    assert "JSON Web Token in `authorization`" in texts["report.json"], "else there was nothing to mask"
    shown = {(name, secret) for name, text in texts.items() for secret in BARE_SECRETS if secret in text}
    assert not shown


class Page(HTMLParser):
    """The tags and scripts of a page, as a browser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.handlers: list[str] = []
        self.scripts: list[str] = []
        self.sources: list[str] = []
        self.kind: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handlers += [f"{tag} {name}={value}" for name, value in attrs if name.startswith("on")]
        self.sources += [value for name, value in attrs if name == "src" and value and not value.startswith("data:")]
        self.kind = (dict(attrs).get("type") or "text/javascript") if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self.kind == "text/javascript":
            self.scripts.append(data)

    def handle_endtag(self, _tag: str) -> None:
        self.kind = None


def test_markup_of_a_service_is_text_in_the_page(run: Finished) -> None:
    pages = {name: text for name, text in written(run).items() if name.endswith(".html")}
    assert any("alert(1)" in text for text in pages.values()), "else no markup reached the report"
    for name, text in pages.items():
        page = Page(text)
        assert not page.handlers, name
        assert not page.sources, name
        assert not [script for script in page.scripts if "alert(1)" in script], name


def test_the_other_formats_hold_markup_and_control_characters_too(run: Finished) -> None:
    texts = written(run)
    root = ET.fromstring(texts["junit.xml"])  # noqa: S314  # written by the run a moment ago
    assert len(root.findall(".//testcase")) == len(run.report["verdicts"])
    prose = re.sub(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", "", texts["summary.md"], flags=re.M | re.S)
    assert prose != texts["summary.md"], "else there is no code to leave out"
    assert "<script" not in prose
    assert "<img" not in prose
    control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
    assert not control.search(texts["summary.md"])
    assert not control.search(run.output)


def test_a_report_tells_no_path_of_the_machine_that_ran_it(run: Finished) -> None:
    assert str(Path.home()) not in written(run)["summary.md"]
