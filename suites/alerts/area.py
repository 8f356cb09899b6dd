"""Alerts: rules and their tests, the Alertmanager that they are sent to, and what Prometheus has of them."""

from suites.alerts.collect.files import read_folder, read_static
from suites.alerts.collect.running import AlertsCollector
from suites.core.area import Area

AREA = Area("alerts", files=read_static, folder=read_folder, stack=AlertsCollector)
