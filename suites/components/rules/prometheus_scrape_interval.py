"""The scrape interval is between five seconds and two minutes, and the timeout is no longer than it.

A shorter interval costs more than it shows. A longer one leaves gaps in graphs: a sample counts for five minutes, and
one missed scrape must not matter.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from stack.text.durations import seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("global: {scrape_interval: 15s, scrape_timeout: 10s}"),
    Good("rule_files: []"),
    Bad("global: {scrape_interval: 5m}", "scrape interval is 5m, outside 5s to 2m"),
    Bad("global: {scrape_interval: 1s}", "scrape interval is 1s, outside 5s to 2m"),
    Bad("global: {scrape_interval: 15s, scrape_timeout: 30s}", "scrape timeout 30s is longer than the interval, 15s"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    settings = prometheus.section("global")
    interval, timeout = settings.get("scrape_interval", "1m"), settings.get("scrape_timeout", "0s")
    every, deadline = seconds(interval), seconds(timeout)
    if every is None or not 5 <= every <= 120:
        yield Finding(
            f"scrape interval is {interval}, outside 5s to 2m",
            Where(file=prometheus.file, line=prometheus.line("global", "scrape_interval")),
            hint="global: {scrape_interval: 15s}",
        )
    elif deadline is None or deadline > every:
        yield Finding(
            f"scrape timeout {timeout} is longer than the interval, {interval}",
            Where(file=prometheus.file, line=prometheus.line("global", "scrape_timeout")),
            hint="global: {scrape_timeout: 10s}",
        )
