"""Retention: logs and metrics are kept seven days and no longer, by files, running servers and trials."""

from suites.core.area import Area
from suites.retention.collect.files import read
from suites.retention.collect.running import RetentionCollector

AREA = Area("retention", files=read, stack=RetentionCollector)
