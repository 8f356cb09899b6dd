"""Reads what configures alerting: rule files and their tests, Alertmanager's file, the ruler's, the compose file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from stack.records.alerts.alertmanager import AlertmanagerConfig, looks_like_alertmanager
from stack.records.alerts.rule_tests import looks_like_tests, read_tests, tested
from stack.records.alerts.rules import AlertRule, Language, RuleFile, Surroundings, looks_like_rules
from stack.records.alerts.setup import AlertmanagerSetup, Ruler, RuleTests
from stack.records.config.compose import ComposeService
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig, flags_of
from stack.records.queries import logql, promql
from stack.text.durations import seconds
from stack.text.interpolation import expand_env
from stack.text.json_text import read_json
from stack.text.yaml_text import ConfigError, read_yaml
from suites.alerts.collect.promtool import asked
from suites.core.area import StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import NO_FILES, compose_services, display_path, prometheus_config, read_file

RULES = "prometheus/rules"
TARGETS = "prometheus/deployed/targets"
ALERTMANAGER = "alertmanager/alertmanager.yml"
LOKI = "loki/loki-config.yaml"
OPERATOR = "it is a resource of Prometheus' operator; Prometheus itself reads what is under `spec` as a file of its own"
DEFAULT_CONFIG = "/etc/alertmanager/alertmanager.yml"
"""Where the image of Alertmanager reads its configuration without a flag."""


@dataclass(frozen=True)
class _Yaml:
    """One YAML file: its path below the folder, how findings name it, its text, and its data if it is YAML."""

    path: str
    shown: str
    text: str
    data: Any

    @property
    def is_tests(self) -> bool:
        return looks_like_tests(self.data)


def read_static(files: StackFiles) -> StaticRecords:
    """Read the stack's files: the subjects are Prometheus, Loki and Alertmanager."""
    folder = files.folder
    if folder is None:
        unread = (PrometheusConfig, RuleFile, RuleTests, AlertRule)
        return {
            "prometheus": dict.fromkeys(unread, NO_FILES),
            "alertmanager": {AlertmanagerConfig: NO_FILES, AlertmanagerSetup: NO_FILES},
        }
    shown = folder.name
    config, services = prometheus_config(folder), compose_services(folder)
    around = Surroundings() if isinstance(config, NotEvaluated) else _around(config[0], _target_labels(folder))
    of_prometheus = [one for one in _yaml(folder, shown, "prometheus") if one.is_tests or one.path.startswith(RULES)]
    loki = services.get("loki") if not isinstance(services, NotEvaluated) else None
    ruler, of_loki = _ruler(folder, shown, loki)
    text = read_file(folder, ALERTMANAGER)
    found = _records(
        [(one, "promql") for one in of_prometheus], [(one, "logql") for one in of_loki], folder, around, ruler
    )
    found["prometheus"][PrometheusConfig] = config
    listed = found["prometheus"][RuleFile]
    if isinstance(listed, list):
        found["prometheus"][RuleFile] = [
            replace(file, problems=(*file.problems, (1, OPERATOR))) if file.operator else file for file in listed
        ]
    alertmanager = services.get("alertmanager") if not isinstance(services, NotEvaluated) else None
    found["alertmanager"] = {
        AlertmanagerConfig: text
        if isinstance(text, NotEvaluated)
        else [
            _with_templates(
                AlertmanagerConfig.read(text, display_path(folder, ALERTMANAGER)), (folder / ALERTMANAGER).parent
            ).within(
                _alerts(found),
                in_container=None if alertmanager is None else "network_mode" not in alertmanager.namespaces,
            )
        ],
        AlertmanagerSetup: services
        if isinstance(services, NotEvaluated)
        else [_setup(alertmanager, None if isinstance(config, NotEvaluated) else config[0], ruler)],
    }
    return found


def read_folder(folder: Path) -> StaticRecords:
    """Read a user's rule files, tests, and files of Alertmanager and Loki, each known by what is in it."""
    every = _yaml(folder, str(folder), "")
    lokis = [one for one in every if isinstance(one.data, dict) and {"schema_config", "ruler"} & one.data.keys()]
    others = [one for one in every if one not in lokis]
    ruler, of_ruler = Ruler(), list[_Yaml]()
    if lokis:
        base = Path(lokis[0].path).parent
        directory, config = _ruler_config(lokis[0].text, lokis[0].shown, {})
        local = (base / Path(directory).name).as_posix()
        of_ruler = [one for one in others if directory and one.path.startswith(f"{local}/")]
        ruler = _with_files(config, [one.path.removeprefix(f"{local}/") for one in of_ruler], of_ruler)
    managers = [one for one in others if looks_like_alertmanager(one.data)]
    rest = [one for one in others if one not in managers and one not in of_ruler]
    # What is neither of these is no file of alerting, unless it cannot be read at all.
    rest = [one for one in rest if one.is_tests or one.data is None or looks_like_rules(one.data)]
    logs = [one for one in rest if not one.is_tests and _is_logql(one)]
    found = _records(
        [(one, "promql") for one in rest if one not in logs],
        [(one, "logql") for one in (*of_ruler, *logs)],
        folder,
        Surroundings(),
        ruler,
    )
    alerts = _alerts(found) or None
    configs = [
        _with_templates(AlertmanagerConfig.read(one.text, one.shown), (folder / one.path).parent).within(alerts)
        for one in managers
    ]
    found["alertmanager"] = {AlertmanagerConfig: configs} if configs else {}
    return {
        subject: records for subject, records in found.items() if any(isinstance(one, list) for one in records.values())
    }


def _records(
    of_prometheus: Sequence[tuple[_Yaml, Language]],
    of_loki: Sequence[tuple[_Yaml, Language]],
    folder: Path,
    around: Surroundings,
    ruler: Ruler,
) -> StaticRecords:
    files = {
        one.path: RuleFile.read(one.text, one.shown, language)
        for one, language in (*of_prometheus, *of_loki)
        if not one.is_tests
    }
    tests = [_tests(one, folder, files) for one, _ in of_prometheus if one.is_tests]
    kinds = tested(tests) if tests else None
    recorded = frozenset(rule.name for file in files.values() for rule in file.rules if rule.record)
    around = replace(around, recorded=recorded)
    found: StaticRecords = {}
    for subject, given in (("prometheus", of_prometheus), ("loki", of_loki)):
        listed = [files[one.path] for one, _ in given if one.path in files]
        rules = asked(
            replace(rule, around=around, tested=None if kinds is None else kinds.get(rule.name, frozenset()))
            for file in listed
            for rule in file.rules
        )
        none = NotEvaluated(f"{subject} is given no rules", applies=False)
        found[subject] = {RuleFile: listed or none, AlertRule: rules or none}
    found["prometheus"][RuleTests] = tests or NotEvaluated("there are no tests of rules", applies=False)
    found["loki"][Ruler] = NotEvaluated(ruler.problem) if ruler.problem else [ruler]
    return found


def _alerts(found: StaticRecords) -> tuple[AlertRule, ...]:
    listed = (records.get(AlertRule, ()) for records in found.values())
    return tuple(rule for rules in listed if isinstance(rules, list) for rule in rules if not rule.record)


def _yaml(folder: Path, shown: str, below: str) -> list[_Yaml]:
    found = []
    for path in sorted((folder / below).rglob("*.y*ml")):
        name = path.relative_to(folder).as_posix()
        text = read_file(folder, name) if path.is_file() else NotEvaluated("no file")
        if isinstance(text, NotEvaluated):
            continue
        try:
            data = read_yaml(text).data
        except ConfigError:
            data = None
        found.append(_Yaml(name, f"{shown}/{name}", text, data))
    return found


def _tests(one: _Yaml, folder: Path, files: Mapping[str, RuleFile]) -> RuleTests:
    """The tests of a file, with the alerts of the rule files that it names."""
    base = (folder / one.path).parent
    listed = one.data.get("rule_files") if isinstance(one.data, dict) else ()
    named = [str(name) for name in listed] if isinstance(listed, list) else []
    rules: list[AlertRule] = []
    missing = []
    for name in named:
        paths = sorted(base.glob(name)) if name and not name.startswith("/") else []
        found = [
            path.resolve().relative_to(folder.resolve()).as_posix()
            for path in paths
            if path.resolve().is_relative_to(folder.resolve())
        ]
        rules += [rule for path in found if path in files for rule in files[path].rules]
        missing += [] if paths else [name]
    return read_tests(one.text, one.shown, rules, missing)


def _with_templates(config: AlertmanagerConfig, folder: Path) -> AlertmanagerConfig:
    """Alertmanager's file with its templates, found in its folder by as much of their paths as is there."""
    found: dict[str, str] = {}
    for path in config.template_paths:
        parts = [part for part in PurePosixPath(path).parts if part not in ("/", "..")]
        tails = ("/".join(parts[at:]) for at in range(len(parts)))
        files = next((listed for tail in tails if (listed := sorted(folder.glob(tail)))), None)
        if files is None:
            return config
        for file in files:
            name = file.relative_to(folder).as_posix()
            text = read_file(folder, name) if file.is_file() else ""
            if isinstance(text, NotEvaluated):
                return config
            found[name] = text
    return replace(config, template_files=tuple(found.items()))


def _target_labels(folder: Path) -> frozenset[str] | None:
    """The labels of all targets in the deployed target files; None where these are not there, or cannot be read."""
    found = {"job", "instance"}
    paths = sorted((folder / TARGETS).glob("*.json"))
    for path in paths:
        try:
            groups = read_json(path.read_bytes())
            found |= {str(name) for group in groups for name in group.get("labels", {}) if not name.startswith("__")}
        except (OSError, ValueError, TypeError, AttributeError):
            return None
    return frozenset(found) if paths else None


def _around(config: PrometheusConfig, targets: frozenset[str] | None) -> Surroundings:
    general = config.section("global")
    interval = seconds(general.get("scrape_interval", "1m")) or 60.0
    jobs = config.data.get("scrape_configs")
    each = (
        [seconds(job.get("scrape_interval")) for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []
    )
    labels = general.get("external_labels")
    return Surroundings(
        min((one or interval for one in each), default=interval),
        seconds(config.flags.get("storage.tsdb.retention.time", "15d")) if config.flags_known else None,
        {str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {},
        # Labels may come from elsewhere where targets are relabelled or found otherwise than in files.
        None if "relabel_configs" in str(jobs) else targets,
    )


def _ruler(folder: Path, shown: str, service: ComposeService | None) -> tuple[Ruler, list[_Yaml]]:
    """Loki's ruler in the stack, and the files that are mounted where it reads."""
    text = read_file(folder, LOKI)
    if isinstance(text, NotEvaluated):
        return Ruler(), []
    environment = dict(service.raw_environment) if service is not None else {}
    directory, ruler = _ruler_config(text, display_path(folder, LOKI), environment)
    local = "loki/rules"
    for mount in service.mounts if service is not None else ():
        if (
            mount.kind == "bind"
            and directory
            and (directory == mount.target or directory.startswith(f"{mount.target}/"))
        ):
            local = (mount.source + directory.removeprefix(mount.target)).removeprefix("./")
    files = [one for one in _yaml(folder, shown, local) if one.path != LOKI] if (folder / local).is_dir() else []
    return _with_files(ruler, [one.path.removeprefix(f"{local}/") for one in files], files), files


def _ruler_config(text: str, shown: str, environment: Mapping[str, str]) -> tuple[str, Ruler]:
    try:
        config = LokiConfig.read(expand_env(text, environment), file=shown)
    except ValueError as broken:
        return "", Ruler(file=shown, problem=f"{shown} cannot be read: {broken}")
    storage = config.section("ruler", "storage")
    local = config.section("ruler", "storage", "local").get("directory")
    common = config.section("common", "storage", "filesystem").get("rules_directory")
    directory = str(local or "") if storage else str(common or "")
    ruler = Ruler(
        directory=directory.rstrip("/"),
        tenants=config.data.get("auth_enabled", True) is not False,
        alertmanager_url=str(config.section("ruler").get("alertmanager_url") or ""),
        file=shown,
        line=config.line("ruler", "alertmanager_url"),
        rule_path=str(config.section("ruler").get("rule_path") or "").rstrip("/"),
        remote_write=config.section("ruler", "remote_write").get("enabled") is True,
        writes_to=len(
            config.section("ruler", "remote_write", "clients") or config.section("ruler", "remote_write", "client")
        ),
    )
    return ruler.directory, ruler


def _with_files(ruler: Ruler, names: Iterable[str], files: Sequence[_Yaml]) -> Ruler:
    read = [RuleFile.read(one.text, one.shown, "logql") for one in files]
    alerts = sum(not rule.record for file in read for rule in file.rules)
    records = sum(rule.record for file in read for rule in file.rules)
    return replace(ruler, files=tuple(names), alerts=alerts, records=records)


def _setup(service: ComposeService | None, config: PrometheusConfig | None, ruler: Ruler) -> AlertmanagerSetup:
    if service is None:
        return AlertmanagerSetup()
    flags = flags_of(service.command)
    external = urlsplit(flags.get("web.external-url", "")).path
    managers = config.section("alerting").get("alertmanagers") if config is not None else None
    clients = [one for one in managers if isinstance(one, dict)] if isinstance(managers, list) else []
    prefixes = [("Prometheus", str(one.get("path_prefix") or "/")) for one in clients]
    if ruler.alertmanager_url and ruler.alerts:
        prefixes.append(("Loki's ruler", urlsplit(ruler.alertmanager_url).path or "/"))
    return AlertmanagerSetup(
        config_file=flags.get("config.file", DEFAULT_CONFIG),
        mounted=tuple((mount.source, mount.target) for mount in service.mounts if mount.kind == "bind"),
        file=ALERTMANAGER,
        prefix=flags.get("web.route-prefix", external or "/"),
        path_prefixes=tuple(prefixes),
        compose_file=service.file,
        line=service.line("command") or service.line(),
    )


def _is_logql(one: _Yaml) -> bool:
    """Whether a rule file is for Loki: its folder says so, or its expressions are LogQL and no PromQL."""
    rules = RuleFile.read(one.text, one.shown).rules
    if "loki" in one.path.lower().split("/")[:-1]:
        # Rules on Loki's own metrics are PromQL, which is known by their names.
        trees = [promql.parse(rule.expr).tree for rule in rules]
        return not any(promql.metric(selector) for tree in trees for selector in promql.selectors(tree))
    return any(
        promql.parse(rule.expr).tree is None and not logql.parse(rule.expr).error and not logql.parse(rule.expr).unknown
        for rule in rules
    )
