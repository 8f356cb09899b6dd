"""Sample reports to look at and to test with: realistic, all passing, large, hostile.

    python -m tests.data.reports.sample --kind realistic --out reports/out

Nothing here is measured: names, numbers and findings are invented.
"""

import argparse
import random
import sys
from pathlib import Path
from typing import Any

from reports.model import RunInfo, SuiteInfo, build
from reports.publish import publish
from tests.data.reports.sample_rules import DOCS, MORE, RULES

SERVICES = (
    ("api-gateway", "Dante", "edge-team"),
    ("auth-service", "Dante", "identity-team"),
    ("docaiche-api", "DocAIche", "docs-team"),
    ("node-exporter", "platform", "platform-team"),
    ("prometheus", "platform", "platform-team"),
    ("provider-registry", "Dante", "edge-team"),
    ("redis-exporter", "platform", "platform-team"),
    ("scheduler", "Dante", "compute-team"),
    ("storage", "Dante", "storage-team"),
)
TIMELINES = [
    {
        "title": "TargetDown on trial-stops",
        "cause": "the service was stopped",
        "events": [["pending", 1.3], ["firing", 2.4], ["routed", 2.5], ["slack to on-call", 3.1], ["resolved", 7.2]],
        "missing": [],
        "note": "prometheus 3.13.5; every `for` at most 1 s",
    },
    {
        "title": "ErrorBudgetBurnsFast on trial-errors",
        "cause": "half of a service's requests were failing",
        "events": [["pending", 1.3], ["firing", 2.4]],
        "missing": ["routed", "ErrorBudgetBurnsSlowly inhibited"],
        "note": "prometheus 3.13.5; every `for` at most 1 s",
    },
]
COMPONENTS = [
    ("prometheus", "native", "3.5.1", "http://127.0.0.1:39090", "make servers, without its web interface"),
    ("loki", "native", "3.6.15", "http://127.0.0.1:33100", "PATH"),
    ("promtail", "embedded", None, None, "stand-in reading stack/promtail/promtail-config.yaml"),
    ("grafana", "absent", None, None, "no container engine answers and no binary is on PATH"),
    ("node-exporter", "native", "1.5.0", "http://127.0.0.1:39100", "found on PATH"),
]


def _rule(index: int) -> tuple[str, str, str, str, str, str, str, str]:
    if index < len(RULES):
        return RULES[index]
    extra = index - len(RULES)
    name = MORE[extra] if extra < len(MORE) else f"metrics/generated-rule-{extra:03}"
    words = name.partition("/")[2].replace("-", " ")
    level = "MUST" if index % 3 else "SHOULD"
    return name, level, f"{words.capitalize()}.", "", f"{DOCS}/practices/naming/", f"{words} does not hold", "", ""


def verdict(index: int, service: str | None, outcome: str, **more: Any) -> dict[str, Any]:
    """One verdict of rule number `index`, shaped as the suites send it."""
    rule, level, title, why, source, message, hint, excerpt = _rule(index)
    area = rule.partition("/")[0]
    where: dict[str, Any] = {"line": 12 + index} if area == "metrics" else {"file": f"stack/{area}.yaml"}
    if excerpt:
        where["excerpt"] = excerpt
    broken = outcome in ("fail", "warn", "waived")
    return {
        "rule": rule,
        "title": title,
        "level": level,
        "area": area,
        "subject": service or area,
        "subject_kind": "service" if service else "stack",
        "service": service,
        "outcome": {"fail": "fail" if level == "MUST" else "warn"}.get(outcome, outcome),
        "evidence": "static" if area in ("dashboards", "alerts") else "live",
        "reason": None,
        "source": source,
        "why": why,
        "waiver": None,
        "findings": [{"message": message, "where": where, "hint": hint or None}] if broken else [],
        "findings_total": 1 if broken else 0,
        "duration_s": 0.001,
    } | more


def _stages(names: str, *counts: int | None) -> list[dict[str, Any]]:
    return [
        {"name": name, "count": count, "detail": f"of {name}"}
        for name, count in zip(names.split(), counts, strict=True)
    ]


def _measures(rng: random.Random, *, logs: bool = True) -> dict[str, Any]:
    base = rng.uniform(0.004, 0.05)
    return {
        "chain": {
            "metrics": _stages("exposed stored panels alerts receivers", 40, 210, 9, 5, 2),
            "logs": _stages(
                "written stored panels alerts receivers", 400, 3, *((0, 1, 2) if logs else (2, None, None))
            ),
        },
        "series": int(rng.lognormvariate(5.5, 1)),
        "body_bytes": rng.randint(9_000, 190_000),
        "scrape_seconds": [round(base * rng.uniform(0.8, 1.9), 4) for _ in range(4)],
        "log_lines": {"debug": rng.randint(0, 60), "info": rng.randint(90, 400), "warn": rng.randint(0, 30), "error": 9}
        if logs
        else {},
        "families_by_type": {
            "counter": rng.randint(4, 40),
            "gauge": rng.randint(5, 60),
            "histogram": rng.randint(1, 9),
        },
        "delivery_seconds": [round(rng.lognormvariate(-1.2, 0.5), 3) for _ in range(40)] if logs else [],
    }


def run_info(names: list[tuple[str, str, str]], seed: int = 7) -> dict[str, Any]:
    """The content of a run.json."""
    rng = random.Random(seed)  # noqa: S311  # invented sample data
    keys = ("name", "provenance", "version", "endpoint", "detail")
    return {
        "started": "2026-01-01T09:30:00+00:00",
        "duration_s": 19.4,
        "collection_s": 14.2,
        "command": "pytest suites/ --stack local",
        "rerun": "make conformance",
        "backend": "local",
        "components": [dict(zip(keys, values, strict=True)) for values in COMPONENTS],
        "services": [
            {
                "name": name,
                "system": system,
                "owner": owner,
                "description": f"The {name.replace('-', ' ')} of {system}.",
                "measures": _measures(rng, logs=not name.endswith("exporter")),
            }
            for name, system, owner in names
        ],
        "timelines": TIMELINES,
        "notes": ["Delivery was simulated: docs/real-servers.md says where to get Loki and Promtail."],
    }


def _outcome(rng: random.Random, index: int, service: int) -> str:
    """Most rules hold; those with a full text break on several services, three services pass."""
    if service in (3, 4, 6):
        return "pass"
    return "fail" if rng.random() < (0.32 if index < 7 else 0.035) else "pass"


def realistic() -> list[dict[str, Any]]:
    """Nine services, some broken in the ways that services are."""
    rng = random.Random(11)  # noqa: S311  # invented sample data
    found = [
        verdict(index, name, _outcome(rng, index, number))
        for number, (name, _, _) in enumerate(SERVICES)
        for index in range(len(RULES) + len(MORE))
        if index not in (7, 8, 9)
    ]
    simulated = "promtail is simulated"
    for item in found:
        if item["rule"] in ("logs/delivered-once", "logs/labels-exact", "logs/timestamp-kept"):
            item["evidence"] = "simulated"
        if item["area"] == "logs" and item["subject"].endswith("exporter"):
            item |= {
                "outcome": "not-evaluated",
                "reason": "the service writes no log",
                "findings": [],
                "findings_total": 0,
            }
        if item["rule"] == "metrics/stored-equals-exposed" and item["subject"] == "scheduler":
            item |= {"outcome": "not-evaluated", "reason": "prometheus stopped answering", "evidence": "live"}
    waiver = {"reason": "Old clients read the old name until release 4", "owner": "edge-team", "expires": "2026-03-31"}
    found.append(verdict(0, "provider-registry", "waived", rule="metrics/legacy-name", waiver=waiver))
    found.append(verdict(7, None, "fail"))
    found += [verdict(8, None, "warn", subject="Service overview", subject_kind="dashboard")]
    found += [verdict(9, None, "not-evaluated", reason="grafana is absent", subject=f"Dashboard {n}") for n in range(4)]
    found.append(verdict(12, "auth-service", "error", reason="ZeroDivisionError: division by zero (unit_suffix.py:31)"))
    return [
        item | {"reason": item["reason"] or (simulated if item["evidence"] == "simulated" else None)} for item in found
    ]


def all_pass() -> list[dict[str, Any]]:
    """Everything evaluated and passed."""
    return [verdict(index, name, "pass") for name, _, _ in SERVICES for index in range(38)]


def many(services: int = 100, rules: int = 150, share: float = 0.04) -> list[dict[str, Any]]:
    """Services × rules verdicts, `share` of them broken."""
    rng = random.Random(3)  # noqa: S311  # invented sample data
    outcomes = ("fail", "pass", "not-evaluated", "waived")
    weights = (share, 1 - share - 0.03, 0.02, 0.01)
    return [
        verdict(index, f"service-{number:03}", picked, reason="loki is down" if picked == "not-evaluated" else None)
        for number in range(services)
        for index in range(rules)
        for picked in rng.choices(outcomes, weights)
    ]


HOSTILE_TEXT = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> ]]> --> {{ 7*7 }} \x1b[31mred\x00\x07 \u202egnp.exe\u2066 "
    "| pipe | `tick` ```\nfence\n``` [x](javascript:alert(1)) @everyone #1 &amp; \ud800 \uffff \"quotes' </style>"
    "</title>"
)
SECRETS = {
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "bearer": "Bearer c2VjcmV0LW9wYXF1ZS10b2tlbg",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx1d9\n-----END RSA PRIVATE KEY-----",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "gcp": "AIzaSyA-1234567890abcdefghijklmnopqrstuv",
    "github": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "url": "postgres://svc:sup3rs3cr3t@db.internal/app",
    "assignment": "password=hunter2hunter2",
    "json": '{"user":"a","password":"correct horse battery"}',
    "card": "4111 1111 1111 1111",
}
LEAKS = (
    "dozjgNryP4J3jVmNHl0w5N", "c2VjcmV0LW9wYXF1ZS10b2tlbg", "MIIEpAIBAAKCAQEAx1d9", "IOSFODNN7EXAMPLE",
    "SyA-1234567890", "abcdefghijklmnopqrstuvwxyz0123456789", "sup3rs3cr3t", "hunter2", "correct horse", "4111 1111",
)  # fmt: skip


def hostile() -> list[Any]:
    """Markup, control characters, secrets and megabytes in every field that a service can fill."""
    bad: list[Any] = [
        verdict(1, HOSTILE_TEXT[:120], outcome, subject=HOSTILE_TEXT, reason=HOSTILE_TEXT, why=HOSTILE_TEXT,
                title=HOSTILE_TEXT, source="javascript:alert(1)", rule=f"metrics/{HOSTILE_TEXT[:40]}-{outcome}",
                waiver={"reason": HOSTILE_TEXT, "owner": HOSTILE_TEXT, "expires": HOSTILE_TEXT},
                findings=[{"message": HOSTILE_TEXT, "hint": HOSTILE_TEXT,
                           "where": {"file": HOSTILE_TEXT, "excerpt": HOSTILE_TEXT, "x\"'><b>": HOSTILE_TEXT}}])
        for outcome in ("fail", "warn", "waived", "not-evaluated", "error")
    ]  # fmt: skip
    for name, secret in SECRETS.items():
        finding = {"message": f"{name}: {secret}", "hint": secret, "where": {"excerpt": secret, "series": secret}}
        bad.append(verdict(5, "leaky", "fail", findings=[finding], subject=f"leaky-{name}", reason=secret))
    huge = {"message": "x" * 2_000_000, "hint": "<b>" * 700_000, "where": {"excerpt": "`|\n" * 700_000}}
    bad.append(verdict(2, "huge", "fail", findings=[huge] * 300, findings_total=300))
    bad.append({"rule": 7, "outcome": "maybe", "findings": "no list", "service": "odd"})
    bad.append("not a verdict")
    return bad


def sample(kind: str) -> dict[str, Any]:
    """A whole report of one kind: realistic, all-pass, many or hostile."""
    verdicts = {"realistic": realistic, "all-pass": all_pass, "many": many, "hostile": hostile}[kind]()
    names = list(SERVICES)
    if kind == "many":
        names = [(f"service-{number:03}", "platform", f"team-{number % 12}") for number in range(100)]
    run = run_info(names)
    if kind == "hostile":
        run["notes"].append(HOSTILE_TEXT)
        run["services"][0] |= {"description": HOSTILE_TEXT, "owner": HOSTILE_TEXT, "system": HOSTILE_TEXT}
        run["components"][0] |= {"endpoint": "http://u:sup3rs3cr3t@h/", "detail": HOSTILE_TEXT}
        run["services"][0]["measures"]["log_lines"] = {HOSTILE_TEXT: 3, "info": 5}
    return build(verdicts, RunInfo(run), SuiteInfo(version="0.1.0"))


def main() -> None:
    """Write every format of one kind of sample into a directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="realistic", choices=("realistic", "all-pass", "many", "hostile"))
    parser.add_argument("--out", type=Path, default=Path("reports/out"))
    given = parser.parse_args()
    for problem in publish(sample(given.kind), given.out).problems:
        sys.exit(problem)


if __name__ == "__main__":
    main()
