"""Dashboards: their files, the datasources they need, and what they show on a running stack."""

from suites.core.area import Area
from suites.dashboards.collect.files import read_folder, read_static
from suites.dashboards.collect.running import DashboardsCollector

AREA = Area("dashboards", files=read_static, folder=read_folder, stack=DashboardsCollector, needs_all_services=True)
