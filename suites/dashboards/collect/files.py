"""Reads the dashboards of the stack and the datasources provisioned beside them: evidence of kind `static`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.records.config.prometheus import PrometheusConfig
from stack.records.dashboards.dashboard import Dashboard, Surroundings
from stack.records.dashboards.datasource import ProvisionedDatasource, provisioned
from stack.records.dashboards.grafana import GrafanaFiles
from stack.text.durations import seconds
from suites.core.area import StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import NO_FILES, display_path, prometheus_config, read_file

DASHBOARDS = "grafana/dashboards"
DATASOURCES = "grafana/provisioning/datasources"
PROVIDERS = "grafana/provisioning/dashboards"


def read_static(files: StackFiles) -> StaticRecords:
    """Read dashboards and provisioning files: one subject per dashboard, named by its uid, and Grafana itself."""
    if files.folder is None or (files.attached and not (files.folder / "grafana").is_dir()):
        return {"grafana": {GrafanaFiles: NO_FILES}}
    return {"grafana": {GrafanaFiles: list(grafana_files(files.folder))}, **_by_subject(dashboards(files.folder))}


def read_folder(folder: Path) -> StaticRecords:
    """Read a user's dashboards; nothing is known of what they are deployed with."""
    return _by_subject(dashboards_in(folder, str(folder), Surroundings()))


def _by_subject(dashboards: Iterable[Dashboard]) -> StaticRecords:
    found: StaticRecords = {}
    for dashboard in dashboards:
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
    return [GrafanaFiles(names, tuple(found.datasources), tuple(found.problems), scrape_interval(stack_dir))]


def read(stack_dir: Path) -> Files:
    """Read every dashboard and datasource file below `stack_dir`; what cannot be read carries the reason."""
    sources, problems = datasources(stack_dir)
    return Files(dashboards(stack_dir), sources, problems)


def dashboards(stack_dir: Path) -> list[Dashboard]:
    """Every dashboard file below `stack_dir`, in the order of their names; an unreadable one has the reason."""
    sources, _ = datasources(stack_dir)
    around = Surroundings(tuple(sources), scrape_interval(stack_dir))
    providers = [read_file(stack_dir, f"{PROVIDERS}/{path.name}") for path in (stack_dir / PROVIDERS).glob("*.y*ml")]
    by_path = any("foldersFromFilesStructure: true" in text for text in providers if isinstance(text, str))
    return dashboards_in(stack_dir / DASHBOARDS, display_path(stack_dir, DASHBOARDS), around, one_folder=not by_path)


def dashboards_in(folder: Path, shown: str, around: Surroundings, *, one_folder: bool = False) -> list[Dashboard]:
    """Every dashboard file of a folder, each with what it is deployed with and those that it clashes with.

    `shown` is how findings name the folder. `one_folder`: Grafana has all of them in one folder, sub-folders or not.
    """
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file())
    found = [_dashboard(folder, path, shown) for path in paths]
    uids = frozenset(dashboard.uid for dashboard in found if dashboard.uid)
    tags = frozenset(tag for dashboard in found for tag in dashboard.tags)
    return [
        one.within(
            Surroundings(
                around.datasources,
                around.scrape_interval_s,
                tuple(other.file for other in found if one.uid and other.uid == one.uid and other is not one),
                tuple(
                    other.file
                    for other, at in zip(found, paths, strict=True)
                    if one.title
                    and other.title == one.title
                    and other is not one
                    and (one_folder or at.parent == path.parent)
                ),
                uids,
                tags,
            )
        )
        for one, path in zip(found, paths, strict=True)
    ]


def scrape_interval(stack_dir: Path) -> float | None:
    """The shortest interval in seconds at which Prometheus' file scrapes anything; None where that cannot be read."""
    config = prometheus_config(stack_dir)
    return None if isinstance(config, NotEvaluated) else _shortest(config[0])


def _shortest(config: PrometheusConfig) -> float:
    general = seconds(config.section("global").get("scrape_interval", "1m")) or 60.0
    listed = config.data.get("scrape_configs")
    jobs = [job for job in listed if isinstance(job, dict)] if isinstance(listed, list) else []
    return min((seconds(job.get("scrape_interval")) or general for job in jobs), default=general)


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


def _dashboard(folder: Path, path: Path, shown: str) -> Dashboard:
    name = path.relative_to(folder).as_posix()
    text = read_file(folder, name)
    file = f"{shown}/{name}"
    return Dashboard(file, problem=text.reason) if isinstance(text, NotEvaluated) else Dashboard.read(text, file)
