"""The gateway: what it lets through without credentials and with guessed ones, and whether Loki's live tail works."""

from suites.core.area import Area
from suites.gateway.collect.trial import GatewayCollector

AREA = Area("gateway", files=lambda _files: {"gateway": {}}, stack=GatewayCollector)
