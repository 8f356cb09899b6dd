"""Evidence from files: the stack's configuration as it is shipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from fixtures.catalog import Catalog
from stack.records.dashboards.grafana import GrafanaFiles
from suites.components.collect.files import Static
from suites.components.collect.files import collect_static as stack_files
from suites.core.evidence import EvidenceStore, NotEvaluated
from suites.dashboards.collect.files import collect_static as dashboard_files
from suites.dashboards.collect.files import grafana_files
from suites.retention.collect.files import collect_static as retention_files
from suites.run.options import ROOT

STACK = ROOT / "stack"


def read_files(catalog: Catalog, today: date) -> Mapping[str, Static]:
    """Read the shipped files; returns the records by area and subject, with reasons where there are none."""
    jobs = [service.metrics.job for service in catalog.services]
    readers: dict[str, Callable[[], Static]] = {
        **{name: lambda: stack_files(STACK, today, jobs) for name in ("alerts", "components", "compose", "gateway")},
        "retention": lambda: retention_files(STACK, today),
        "dashboards": lambda: _with_grafana(dashboard_files(STACK, today)),
    }
    return {area: read() for area, read in readers.items()}


def _with_grafana(static: Static) -> Static:
    static.setdefault("grafana", {})[GrafanaFiles] = list(grafana_files(STACK))
    return static


def put_static(statics: Mapping[str, Static], store: EvidenceStore) -> None:
    """Put the records of all files into the store."""
    for static in statics.values():
        for subject, records in static.items():
            store.put(subject, records, "static")


def has_something(static: Static, record: type, subject: str) -> bool | None:
    """Whether the files have something of that type to judge for `subject`; None where files do not tell it."""
    if not any(record in records for records in static.values()):
        return None
    found = static.get(subject, {}).get(record)
    return found is not None and not (isinstance(found, NotEvaluated) and not found.applies)
