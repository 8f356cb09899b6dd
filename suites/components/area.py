"""The components of the stack: releases, configuration, readiness, clocks, sockets, scrape targets and log streams."""

from suites.components.collect.files import read
from suites.components.collect.running import ComponentsCollector
from suites.core.area import Area

AREA = Area("components", files=read, stack=ComponentsCollector)
