"""Folders of a user's files of alerting: what belongs to what is known by the files themselves."""

from pathlib import Path

import pytest

from suites.alerts.collect.files import read_folder
from tests.alerts.test_files import musts

RULE = "{alert: Slow, expr: 'loki_request_duration_seconds_sum > 1', labels: {severity: info, owner: a}}"
ROUTE = "route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{api_url: 'http://a/', title: '%s'}]}]\n"
OWN = '{{ template "own.title" . }}'
RULER = """
auth_enabled: %s
schema_config: {configs: []}
ruler: {storage: {type: local, local: {directory: /loki/rules}}, rule_path: %s, alertmanager_url: 'http://a:9093'%s}
"""
LINES = 'sum(count_over_time({service=~".+"}[5m]))'


def groups(*rules: str) -> str:
    return f"groups: [{{name: a, rules: [{', '.join(rules)}]}}]"


CASES: dict[str, tuple[dict[str, str], list[str]]] = {
    "rules on Loki's metrics": ({"loki/rules.yml": groups(RULE)}, []),
    "a list of rules": ({"rules.yml": f"- {RULE}"}, ["rule-files-valid"]),
    "another list": ({"hosts.yml": "- {name: a}\n- {name: b}"}, []),
    "a recorded name that was renamed": (
        {
            "record.yml": groups("{record: 'job:errors:rate5m', expr: 'sum by (job) (rate(a_total[5m]))'}"),
            "alert.yml": groups("{alert: Fails, expr: 'job:error:rate5m > 1'}"),
        },
        ["recorded-series-exist"],
    ),
    "a template in a file beside it": (
        {
            "am.yml": ROUTE % OWN + "templates: [/etc/alertmanager/t/*.tmpl]",
            "t/x.tmpl": '{{ define "own.title" }}{{ end }}',
        },
        [],
    ),
    "a file that does not define it": (
        {"am.yml": ROUTE % OWN + "templates: [/etc/alertmanager/t/*.tmpl]", "t/x.tmpl": '{{ define "own" }}{{ end }}'},
        ["message-templates-valid"],
    ),
    "a file that is elsewhere": ({"am.yml": ROUTE % OWN + "templates: [/etc/alertmanager/t/*.tmpl]"}, []),
    "no file of templates": ({"am.yml": ROUTE % OWN}, ["message-templates-valid"]),
    "a ruler that empties its rules": (
        {
            "loki.yml": RULER % ("false", "/loki/rules", ""),
            "rules/fake/a.yml": groups(f"{{alert: A, expr: '{LINES} > 1'}}"),
        },
        ["ruler-keeps-its-rules"],
    ),
    "recorded lines": (
        {"loki.yml": RULER % ("false", "/tmp", ""), "rules/fake/a.yml": groups(f"{{record: 'a:b', expr: '{LINES}'}}")},
        ["recorded-lines-are-written"],
    ),
    "recorded lines that are written": (
        {
            "loki.yml": RULER % ("false", "/tmp", ", remote_write: {enabled: true, clients: {p: {url: 'http://p/'}}}"),
            "rules/fake/a.yml": groups(f"{{record: 'a:b', expr: '{LINES}'}}"),
        },
        [],
    ),
    "tenants beside fake": (
        {
            "loki.yml": RULER % ("true", "/tmp", ""),
            "rules/fake/a.yml": groups(f"{{alert: A, expr: '{LINES} > 1'}}"),
            "rules/team/a.yml": groups(f"{{alert: A, expr: '{LINES} > 1'}}"),
        },
        [],
    ),
    "fake, and tenants": (
        {"loki.yml": RULER % ("true", "/tmp", ""), "rules/fake/a.yml": groups(f"{{alert: A, expr: '{LINES} > 1'}}")},
        ["ruler-files-are-read"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_found_in_a_folder(case: str, tmp_path: Path) -> None:
    files, expected = CASES[case]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [rule for rule, _ in musts(read_folder(tmp_path))] == expected
