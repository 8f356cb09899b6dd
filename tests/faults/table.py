"""The faults of `faults.yaml`: what differs from the healthy site, and the findings that it must lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stack.text.plain_yaml import plain_yaml

Texts = Mapping[str, Mapping[str, str]]
"""What is replaced in the files of the site: new texts by old, by file."""


@dataclass(frozen=True)
class Fault:
    """One fault, the `rule` that must find it, its `subject`, and what the finding `says`.

    `also` are findings that are true as well: parts of their messages by `rule subject`. `only_with_files`: only a
    night that is given the files of the site can find it; `with_files` is the one of `also` that such a night has in
    place of the rule's. `source` is a report from the field.

    From the start `files` have other texts, `apps` is what the services do wrong, by name, `further` are metrics of
    another server, `servers` run beside the usual ones, `flags` are added to the servers' arguments (in place of those
    of the same name), `env` to their environment, `password` is that of the gateway, and Loki has a line that is
    `old_line` days old, Prometheus a sample of `old_sample` days. The data of a server in `small_disk` is on a disk of
    so many MiB. Once the site is healthy and the nights of the earlier steps are over, in `step` texts are replaced
    `later`, servers reloaded, restarted, ended and started again with a `corrupt` write-ahead log or with a folder that
    is `owned_by` another user (with this id), or killed, their small disk made to `fill`, and a `silence` made; the
    night begins once Prometheus answers the query `until`.
    """

    name: str
    rule: str
    subject: str
    says: str
    also: Mapping[str, str] = field(default_factory=dict)
    only_with_files: bool = False
    with_files: str = ""
    source: str = ""
    files: Texts = field(default_factory=dict)
    apps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    further: Sequence[str] = ()
    servers: Sequence[str] = ()
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    password: str = ""
    old_line: int = 0
    old_sample: int = 0
    small_disk: Mapping[str, int] = field(default_factory=dict)
    step: int = 1
    later: Texts = field(default_factory=dict)
    reload: Sequence[str] = ()
    restart: Sequence[str] = ()
    corrupt: Sequence[str] = ()
    owned_by: Mapping[str, int] = field(default_factory=dict)
    fill: Sequence[str] = ()
    kill: Sequence[str] = ()
    until: str = ""
    silence: str = ""

    @property
    def changes_later(self) -> bool:
        """Whether anything but a silence is made once the site is healthy."""
        return bool(
            self.later or self.reload or self.restart or self.corrupt or self.owned_by or self.fill or self.kill
        )

    def is_found(self, finding: Finding, with_files: bool) -> bool:
        """Whether a finding is the one by which the fault must be found."""
        if with_files and self.with_files:
            return finding.verdict == self.with_files and self.also[self.with_files] in finding.message
        return finding.verdict == f"{self.rule} {self.subject}" and self.says in finding.message

    def explains(self, finding: Finding) -> bool:
        """Whether a finding is one that this fault leads to."""
        expected = [(f"{self.rule} {self.subject}", self.says), *self.also.items()]
        return any(finding.verdict == verdict and says in finding.message for verdict, says in expected)


@dataclass(frozen=True)
class Finding:
    """A finding of a night: `rule subject`, and the message."""

    verdict: str
    message: str


def findings(report: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings of a night's report.json; an error of the suite is one as well."""
    for one in report["verdicts"]:
        if one["outcome"] not in ("pass", "not-evaluated"):
            messages = [found["message"] for found in one["findings"]] or [str(one["reason"])]
            yield from (Finding(f"{one['rule']} {one['subject']}", message) for message in messages)


def _sites() -> Iterator[tuple[str, tuple[Fault, ...]]]:
    read = plain_yaml(Path(__file__).with_name("faults.yaml").read_text(encoding="utf-8"))
    for site, faults in read.items():
        yield site, tuple(Fault(name, **given) for name, given in faults.items())


SITES: Mapping[str, tuple[Fault, ...]] = dict(_sites())
"""The faults that are there at once, by the site that has them."""


def replaced(name: str, text: str, changes: Iterable[Texts]) -> str:
    """The text of a file with every replacement that is meant for it; fails for an old text that is not there."""
    for change in changes:
        for old, new in change.get(name, {}).items():
            assert old in text, f"{name} does not say {old!r}"
            text = text.replace(old, new)
    return text
