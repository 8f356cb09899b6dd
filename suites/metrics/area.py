"""Metrics: what a service exposes, in every way that a scraper may ask, and what Prometheus makes of it."""

from functools import partial

from suites.core.area import Area
from suites.metrics.collect.service import MetricsCollector

AREA = Area("metrics", service=lambda run: partial(MetricsCollector, run), components=lambda _service: ("prometheus",))
