"""The nights of a site with faults, and `docs/faults.md`, which has what they reported.

.venv/bin/python -m tests.faults.page
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.faults.site import TRUE, Site
from tests.faults.start import running_site
from tests.faults.table import SITES, Fault, Finding, findings

KEPT = 110
"""Characters of a finding that are shown."""
ADDRESS, NUMBER = re.compile(r"127\.0\.0\.\d+:\d+"), re.compile(r"(?<!\w)\d(?:[\d,]*\d)?(\.\d+)?(e[+-]\d+)?")
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
HEAD = """# Faults that are found

Each of these was made in a running site that has nothing of this repository (`tests/faults/harbour`): real servers with
their own configuration, job names, labels and log formats behind a gateway. A night in attached mode found each by the
rule beside it, with the site's own files named under `files` and without, and nothing else. The findings are as they
were reported, but for addresses, times and counts.

`python -m tests.faults.page` makes this page from such a run.
"""


@dataclass(frozen=True)
class Night:
    """What one night of a site found; `new` are the faults that came since the night before."""

    new: tuple[Fault, ...]
    with_files: bool
    found: tuple[Finding, ...]
    output: str

    def of(self, fault: Fault) -> str | None:
        """The message by which a fault was found, None where it was not."""
        return next((one.message for one in self.found if fault.is_found(one, self.with_files)), None)


def problems(night: Night, so_far: Iterable[Fault]) -> Iterator[str]:
    """The faults that a night did not find by their rules, and findings that none of the faults so far leads to."""
    known = list(so_far)
    for one in night.found:
        if not any(fault.explains(one) for fault in known):
            yield f"{one.verdict}: {one.message}"
    for fault in night.new:
        if (night.of(fault) is None) is not (fault.only_with_files and not night.with_files):
            yield f"{'not found' if night.of(fault) is None else 'found without files'}: {fault.name}"


def nights(site: str, home: Path) -> Iterator[Night]:
    """Run a site with its faults, and judge it twice after each step: without its files and with them."""
    faults = SITES[site]
    with running_site(home / "site", faults) as running:
        running.settle()
        for step in sorted({fault.step for fault in faults}):
            running.break_later(step)
            new = tuple(fault for fault in faults if fault.step == step)
            for number, night in enumerate(running.nights(home / f"step-{step}")):
                known = tuple(one for one in findings(night.report) if one.verdict not in TRUE)
                yield Night(new, number == 1, tuple(_plain(running, known)), night.output)


def _plain(site: Site, found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings with names in place of the addresses and folders of this run."""
    for one in found:
        message = one.message.replace(str(site.home), "/site")
        for name, address in site.address.items():
            message = message.replace(address, name)
        yield Finding(one.verdict, message)


def row(fault: Fault, message: str) -> str:
    """A fault's line in the page; what differs from run to run is left out of the finding."""
    before, says, after = message.replace("\n", " ").partition(fault.says)
    text = "".join((_steady(before), says, _steady(after)))
    shown = (f"{text[:KEPT]}…" if len(text) > KEPT else text).replace("|", "\\|")
    source = f" ({fault.source})" if fault.source else ""
    files = ", with `files` only" if fault.only_with_files else ""
    rule = f"[{fault.rule}](rules/{fault.rule}.md)"
    return f"| {fault.name}{source}{files} | {rule} | {fault.subject} | {shown} |"


def _steady(text: str) -> str:
    return NUMBER.sub("…", ADDRESS.sub("host:port", text))


def page(rows: Mapping[str, str]) -> str:
    """The page, of the row of each fault; one without a row is left out."""
    lines = [HEAD]
    for site, faults in SITES.items():
        lines += [f"\n## {site[0].upper()}{site[1:]}\n", "| fault | rule | subject | finding |", "|---|---|---|---|"]
        lines += [rows[fault.name] for fault in faults if fault.name in rows]
    return "\n".join(lines) + "\n"


def rows_of(text: str) -> dict[str, str]:
    """The rows of a page by fault."""
    names = [fault.name for faults in SITES.values() for fault in faults]
    starts = {f"| {name}{end}": name for name in names for end in (" |", " (", ", with")}
    return {name: line for line in text.splitlines() for start, name in starts.items() if line.startswith(start)}


def main(*sites: str) -> None:
    """Run these sites, or all, write the page, and print what is not as it should be."""
    rows = rows_of(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(lambda at, site: list(nights(site, at)), Path(folder) / f"{number}", site)
            for number, site in enumerate(sites or SITES)
        ]
        for run in as_completed(runs):
            every = run.result()
            for number, night in enumerate(every):
                so_far = [fault for one in every[: number + 1] for fault in one.new]
                for problem in problems(night, so_far):
                    print(problem)  # noqa: T201  # the command's output
                shown = [fault for fault in night.new if night.with_files is fault.only_with_files]
                rows |= {fault.name: row(fault, text) for fault in shown if (text := night.of(fault)) is not None}
            PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
