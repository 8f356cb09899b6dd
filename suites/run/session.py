"""One conformance run in one process: its settings, its evidence, and what is judged; collected once for all processes.

With pytest-xdist every worker sees the same run folder. The first worker that needs evidence collects it for all, the
others wait at a lock: the experiment happens once, however many processes judge.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property

import pytest
from filelock import FileLock

from fixtures.catalog import load
from suites.collect.runners.base import StackRefusedError
from suites.core.area import StackFiles, StaticRecords
from suites.core.discovery import areas, in_area, renamed
from suites.core.evidence import EvidenceStore
from suites.core.rule import Rule
from suites.core.subjects import Subject, is_about, subjects
from suites.core.verdict import Verdict
from suites.core.waivers import judge_with_waivers
from suites.run.run_folder import RunFolder
from suites.run.settings import CATALOG, STACK, Settings, read_settings


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

    @cached_property
    def settings(self) -> Settings:
        """What the run is asked for; raises UsageError where it cannot be run so."""
        return read_settings(self._config, self.folder)

    @cached_property
    def _static(self) -> Mapping[str, StaticRecords]:
        """What the shipped files say, by area and subject.

        They are compared with the catalog that is shipped with them, whichever services this run judges.
        """
        jobs = tuple(service.metrics.job for service in load(CATALOG).services)
        files = StackFiles(STACK, self.settings.today, jobs)
        return {name: area.files(files) for name, area in areas().items() if area.files is not None}

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def check(self) -> None:
        """Raise UsageError for whatever cannot be run as asked, before anything is collected."""
        settings = self.settings
        _check_keyword(self._config.option.keyword or "")
        if settings.stack == "containers" and not self._is_worker and not self._config.option.collectonly:
            from suites.collect.runners.containers import check  # needs packages that the other backends do not

            reporter = self._config.pluginmanager.get_plugin("terminalreporter")
            try:
                check(settings.components, settings.services, reporter.write_line if reporter else lambda _line: None)
            except StackRefusedError as refused:
                raise pytest.UsageError(str(refused)) from None

    def judgements(self, area: str) -> list[tuple[Rule, Subject]]:
        """Every rule of `area` with every subject it is about, subject by subject."""
        focused = self.settings.focused
        if focused and areas()[area].service is None:
            return []
        static = None if areas()[area].files is None else self._static[area]
        return [
            (rule, subject)
            for subject in subjects(self.settings.services, static)
            for rule in in_area(area)
            if is_about(rule, subject, static)
        ]

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
            for static in () if self.settings.focused else self._static.values():
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
        found = self.store.get(rule.record, subject.name)
        verdict = judge_with_waivers(rule, subject, found, self.settings.today)
        return verdict.without(f"{self.folder.path}/work/")
