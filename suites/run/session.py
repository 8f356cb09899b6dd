"""One conformance run in one process: its settings, its evidence, and what is judged; collected once for all processes.

With pytest-xdist every worker sees the same run folder. The first worker that needs evidence collects it for all, the
others wait at a lock: the experiment happens once, however many processes judge.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest
from filelock import FileLock

from fixtures.catalog import load
from fixtures.service import Service
from suites.collect.runners.base import StackRefusedError
from suites.core.area import StackFiles, StaticRecords
from suites.core.discovery import areas, in_area, renamed, rules
from suites.core.evidence import EvidenceStore, NotEvaluated
from suites.core.rule import Level, Rule
from suites.core.stack_files import COMPOSE
from suites.core.subjects import Subject, is_about, subjects
from suites.core.verdict import Verdict, judge
from suites.core.waivers import problems, under_waivers
from suites.run.options import trust
from suites.run.run_folder import RunFolder
from suites.run.settings import CATALOG, STACK, Settings, read_settings

THIRD_PARTY = NotEvaluated(
    "its code is written elsewhere: how its metrics are named is up to its makers", applies=False
)
"""Which of them there are, and what is in their buckets, depends on what it has done: no verdict on that would last."""


def _check_keyword(keyword: str) -> None:
    """Raise UsageError for a `-k` that selects by the old name of a rule."""
    for old, new in renamed().items():
        name = old.partition("/")[2]
        if name in keyword.split() and name != new.partition("/")[2]:
            raise pytest.UsageError(f"-k {keyword!r}: the rule {name!r} is now called {new.partition('/')[2]!r}")


class RunSession:
    """One run in this process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.folder = RunFolder.of(config)
        self.store = EvidenceStore(self.folder.path / "evidence")
        self.to_judge = Counter[str]()
        """How many verdicts are still to come on each subject."""
        self._judging = ""

    @cached_property
    def settings(self) -> Settings:
        """What the run is asked for; raises UsageError where it cannot be run so."""
        return read_settings(self._config, self.folder)

    @cached_property
    def _static(self) -> Mapping[str, StaticRecords]:
        """What the files of the stack say, by area and subject.

        The shipped ones are compared with the catalog that is shipped with them, whichever services this run judges;
        those of an attached stack, where they are known, with its own. Of a user's folders, what these say.
        """
        settings, target = self.settings, self.settings.target
        folders = settings.folders
        if folders:
            read = {name: areas()[name].folder for name in folders}
            return {name: reader(folders[name]) for name, reader in read.items() if reader is not None}
        services = load(CATALOG).services if target is None else settings.listed
        jobs = tuple(service.metrics.job for service in services if service.metrics.exposed)
        files = StackFiles(STACK if target is None else target.files, settings.today, jobs, target is not None)
        return {name: area.files(files) for name, area in areas().items() if area.files is not None}

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def check(self) -> None:
        """Raise UsageError for whatever cannot be run as asked, before anything is collected."""
        settings = self.settings
        if wrong := problems(settings.waivers, rules(), renamed(), self._all_subjects):
            raise pytest.UsageError("\n".join(wrong))
        trust(self._config, settings.ca_files, self.folder.path)
        _check_keyword(self._config.option.keyword or "")
        if settings.stack == "containers" and not self._is_worker and not self._config.option.collectonly:
            from suites.collect.runners.containers import check  # needs packages that the other backends do not

            reporter = self._config.pluginmanager.get_plugin("terminalreporter")
            try:
                check(settings.components, settings.services, reporter.write_line if reporter else lambda _line: None)
            except StackRefusedError as refused:
                raise pytest.UsageError(str(refused)) from None

    def shard(self) -> dict[str, Any] | None:
        """What the report says of the part that this run is; None for a whole one."""
        settings = self.settings
        if settings.shard is None:
            return None
        target, catalog = self._config.getoption("--target"), self._config.getoption("--catalog")
        baseline = self._config.getoption("--baseline", None)
        inputs = {
            "target": target,
            "catalog": catalog or (settings.target.catalog if settings.target else None),
            "baseline": self._config.invocation_params.dir / baseline if baseline else None,
        }
        every = sorted(service.name for service in settings.services)
        return settings.shard.described(self._config, [service.name for service in settings.judged], every, inputs)

    def judgements(self, area: str) -> list[tuple[Rule, Subject]]:
        """Every rule of `area` with every subject it is about, subject by subject.

        What is a convention of this project only binds the stacks of this project.
        """
        stack = areas()[area].service is None
        if (stack and not self.settings.judges_stack) or (self.settings.folders and area not in self._static):
            return []
        return self._pairs(area, self.settings.judged)

    def _pairs(self, area: str, services: Sequence[Service]) -> list[tuple[Rule, Subject]]:
        static = None if areas()[area].files is None else self._static[area]
        return [
            (rule, subject)
            for subject in subjects(services, static, self._configuration)
            for rule in map(self._as_binding, in_area(area))
            if is_about(rule, subject, static)
            and not (self.settings.folders and static and rule.record not in static[subject.name])
        ]

    def _as_binding(self, rule: Rule) -> Rule:
        return replace(rule, level=Level.SHOULD) if rule.convention and self.settings.target is not None else rule

    def _all_subjects(self, rule: Rule) -> set[str]:
        """Whom a rule judges in a complete run."""
        static = None if areas()[rule.area].files is None else self._static[rule.area]
        every = subjects(self.settings.listed, static, self._configuration)
        return {subject.name for subject in every if is_about(rule, subject, static)}

    @cached_property
    def _third_party(self) -> frozenset[str]:
        return frozenset(service.name for service in self.settings.services if service.third_party)

    @cached_property
    def _down(self) -> frozenset[Subject]:
        """The subjects that are down, so that what there is to judge of them and through them is incomplete."""
        # Also of what this run or shard does not judge: the state of every component is known all the same.
        with_causes = [] if self.settings.folders else [a for a in areas() if any(r.root_cause for r in in_area(a))]
        down = set[Subject]()
        for rule, subject in (pair for area in with_causes for pair in self._pairs(area, self.settings.judged)):
            if rule.root_cause:
                found = self.store.get(rule.record, subject.name)
                down |= {subject} if judge(rule, subject.name, found).outcome == "fail" else set()
                self.store.release(subject.name)
        return frozenset(down)

    def _configuration(self, component: str) -> str:
        """Where the stack's files name a component; of an attached stack, the target file does."""
        if self.settings.target is None:
            return f"{STACK.name}/{COMPOSE}#services.{component}"
        return f"{self._config.getoption('--target')}#{component}"

    def collect_once(self, wanted: Collection[tuple[Rule, str]], say: Callable[[str], None]) -> None:
        """Collect the evidence for `wanted` rules and subjects, unless a process of this run already has.

        Raises:
            pytest.UsageError: the stack cannot be run as asked.

        """
        from suites.collect.collection import collect  # the suite's own tests need none of it

        done = self.folder.path / "collected"
        with FileLock(self.folder.path / "collect.lock"):
            if done.exists():
                return
            for static in self._static.values() if self.settings.judges_stack or self.settings.shard else ():
                for subject, records in static.items():
                    self.store.put(subject, records, "static")
            try:
                collect(self.settings, self.store, wanted, say)
            except StackRefusedError as refused:
                raise pytest.UsageError(str(refused)) from None
            if self._is_worker:  # of a million series, writing them takes as long as reading them
                self.store.save()
            done.touch()

    def judged(self, rule: Rule, subject: Subject) -> Verdict:
        """The verdict of one rule on one subject; temporary paths are taken out of its texts."""
        taken = rule.up_to_authors and subject.name in self._third_party
        found = THIRD_PARTY if taken else self.store.get(rule.record, subject.name)
        verdict = judge(rule, subject.name, found)
        if self.settings.waivers:  # they ask for it, and it needs the evidence of all
            _ = self._down
        if subject.name != self._judging:  # its next rules are those of another area
            self.store.release(self._judging)
            self._judging = subject.name
        self.to_judge[subject.name] -= 1
        if not self.to_judge[subject.name]:  # the evidence of hundreds of services is gigabytes
            self.store.forget(subject.name)
        verdict = verdict.without(f"{self.folder.path}/work/")
        settings = self.settings

        def incomplete() -> bool:
            return any(one == subject or one.kind == "component" for one in self._down)

        return under_waivers(verdict, settings.waivers, settings.today, incomplete)
