"""The console: who may do what, what it refuses, what it writes down, and whether its log lines are all there."""

from suites.console.collect.running import ConsoleCollector
from suites.core.area import Area

AREA = Area("console", files=lambda _files: {"console": {}, "docker-proxy": {}}, stack=ConsoleCollector)
