"""Reads the dashboards of the stack and the datasources provisioned beside them: evidence of kind `static`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.datasource import ProvisionedDatasource, provisioned
from stack.records.dashboards.grafana import GrafanaFiles
from suites.core.area import StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import display_path, read_file

DASHBOARDS = "grafana/dashboards"
DATASOURCES = "grafana/provisioning/datasources"


def read_static(files: StackFiles) -> StaticRecords:
    """Read dashboards and provisioning files: one subject per dashboard, named by its uid, and Grafana itself."""
    found: StaticRecords = {"grafana": {GrafanaFiles: list(grafana_files(files.folder))}}
    for dashboard in dashboards(files.folder):
        known = found.setdefault(dashboard.subject, {Dashboard: []})[Dashboard]
        assert isinstance(known, list)  # noqa: S101  # nothing else is put in here
        known.append(dashboard)
    return found


@dataclass(frozen=True, slots=True)
class Files:
    """The dashboards and datasources of the stack, and what is wrong with the files of the latter."""

    dashboards: Sequence[Dashboard]
    datasources: Sequence[ProvisionedDatasource]
    problems: Sequence[str]


def grafana_files(stack_dir: Path) -> list[GrafanaFiles]:
    """Return what Grafana's files provision, as the stack suite judges it."""
    found = read(stack_dir)
    names = tuple(dashboard.file for dashboard in found.dashboards)
    return [GrafanaFiles(names, tuple(found.datasources), tuple(found.problems))]


def read(stack_dir: Path) -> Files:
    """Read every dashboard and datasource file below `stack_dir`; what cannot be read carries the reason."""
    sources, problems = datasources(stack_dir)
    return Files(dashboards(stack_dir), sources, problems)


def dashboards(stack_dir: Path) -> list[Dashboard]:
    """Every dashboard file below `stack_dir`, in the order of their names; an unreadable one has the reason."""
    sources, _ = datasources(stack_dir)
    uids = tuple(source.uid for source in sources if source.uid)
    found = [
        _dashboard(stack_dir, path).with_datasources(uids) for path in sorted((stack_dir / DASHBOARDS).rglob("*.json"))
    ]
    files: dict[str, list[str]] = {}
    for dashboard in found:
        if dashboard.uid:
            files.setdefault(dashboard.uid, []).append(dashboard.file)
    return [
        dashboard.beside([file for file in files.get(dashboard.uid, ()) if file != dashboard.file])
        for dashboard in found
    ]


def datasources(stack_dir: Path) -> tuple[list[ProvisionedDatasource], list[str]]:
    """The datasources of the provisioning files, and what is wrong with those files."""
    found: list[ProvisionedDatasource] = []
    problems: list[str] = []
    for path in sorted((stack_dir / DATASOURCES).glob("*.y*ml")):
        name = f"{DATASOURCES}/{path.name}"
        text = read_file(stack_dir, name)
        if isinstance(text, NotEvaluated):
            problems.append(text.reason)
            continue
        try:
            found += provisioned(text, display_path(stack_dir, name))
        except ValueError as broken:
            problems.append(f"{display_path(stack_dir, name)}: {broken}")
    return found, problems


def _dashboard(stack_dir: Path, path: Path) -> Dashboard:
    name = path.relative_to(stack_dir).as_posix()
    text = read_file(stack_dir, name)
    if isinstance(text, NotEvaluated):
        return Dashboard(display_path(stack_dir, name), problem=text.reason)
    return Dashboard.read(text, display_path(stack_dir, name))
