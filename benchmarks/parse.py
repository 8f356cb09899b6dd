"""Reading expositions: ours beside prometheus-client's parser and `promtool check metrics`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.table import Row, cpu_of, in_turn, peak_memory
from stack.records.exposition.exposition import Exposition, MetricFamily, TextExposition
from stack.servers.find import find_binary
from suites.core.discovery import in_area
from suites.core.evidence import Evidence
from suites.core.verdict import judge

HUNDRED_THOUSAND = 100_000
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf")
ROOT = Path(__file__).resolve().parents[1]


def exposition(series: int) -> bytes:
    """A text exposition of about `series` samples: half in one counter of high cardinality, half in histograms.

    Its lines are equally long however many there are, so that ten times the series are ten times the work.
    """
    body = bytearray(b"# HELP acme_requests_total Requests by user.\n# TYPE acme_requests_total counter\n")
    for user in range(series // 2):
        body += f'acme_requests_total{{method="GET",path="/api/v1/users/{user:06}",code="200"}} {user}.0\n'.encode()
    for number in range(max(1, series // 2 // 84)):
        body += _histogram(f"acme_route{number}_duration_seconds").encode()
    return bytes(body)


def _histogram(name: str) -> str:
    """One histogram family of 84 samples."""
    lines = [f"# HELP {name} Time to answer.", f"# TYPE {name} histogram"]
    for method in ("GET", "POST"):
        for path in ("/api/v1/users", "/api/v1/jobs", "/health"):
            own = f'method="{method}",path="{path}"'
            lines += [f'{name}_bucket{{{own},le="{bound}"}} {count}' for count, bound in enumerate(BOUNDS)]
            lines += [f"{name}_sum{{{own}}} 1.25", f"{name}_count{{{own}}} {len(BOUNDS) - 1}"]
    return "".join(f"{line}\n" for line in lines)


def read(body: bytes) -> Exposition:
    """Parse as after a scrape."""
    return Exposition.read(body, "text/plain; version=0.0.4; charset=utf-8")


def read_and_judge(body: bytes) -> int:
    """Parse, and judge by every metrics rule on an exposition or its families as a run does; returns the findings."""
    parsed = read(body)
    findings = 0
    for rule in in_area("metrics"):
        if rule.record in {Exposition, TextExposition}:
            findings += len(judge(rule, "service", Evidence((parsed,), "live")).findings)
        elif rule.record is MetricFamily:
            findings += len(judge(rule, "service", Evidence(parsed.families, "live")).findings)
    return findings


def library(text: str) -> int:
    """What a user would take instead."""
    return sum(len(family.samples) for family in text_string_to_metric_families(text))


def peak_over_input(series: int) -> float:
    """The peak of memory that parsing takes, in input sizes; measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.parse", str(series)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=300)
    return float(done.stdout)


def _measure_peak(series: int) -> float:
    body = exposition(series)
    before = psutil.Process().memory_info().rss
    parsed = read(body)
    return (peak_memory() - before) / parsed.size


def measure() -> Iterator[Row]:
    """The rows of this benchmark."""
    body, large = exposition(HUNDRED_THOUSAND), exposition(10 * HUNDRED_THOUSAND)
    text = body.decode()
    in_area("metrics")
    parse, whole, alone = in_turn(
        lambda: cpu_of(lambda: read(body)),
        lambda: cpu_of(lambda: read_and_judge(body)),
        lambda: cpu_of(partial(library, text)),
    )
    yield Row("parse 100,000 series", parse, alone, "prometheus-client parsing", 0.4)
    yield Row("parse and judge 100,000 series by all metrics rules", whole, alone, "prometheus-client parsing", 1)
    million = cpu_of(lambda: read_and_judge(large))
    yield Row("parse and judge 1,000,000 series", million, whole, "the same for 100,000", 11)
    peak = peak_over_input(10 * HUNDRED_THOUSAND)
    yield Row("peak memory of parsing 1,000,000 series", peak, 1, "the input's size", 12, unit="×")
    yield from _promtool()


def _promtool() -> Iterator[Row]:
    """`promtool check metrics` is quadratic, so 10,000 series must do; no row where there is no promtool."""
    binary = find_binary("promtool")
    if binary is None:
        print("  no promtool here (`make servers` builds it): not compared", file=sys.stderr)
        return
    body, command = exposition(10_000), [str(binary.path), "check", "metrics"]

    def theirs() -> float:
        before = _children_cpu()
        subprocess.run(command, input=body, capture_output=True, check=False, timeout=600)
        return _children_cpu() - before

    ours, promtool = in_turn(lambda: cpu_of(lambda: read_and_judge(body)), theirs)
    yield Row("parse and judge 10,000 series", ours, promtool, "promtool check metrics", 0.01)


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    print(_measure_peak(int(sys.argv[1])))
