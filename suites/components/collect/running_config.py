"""The configuration that running servers say they use: what is judged of a stack whose files are not ours.

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/#show-the-current-configuration and
https://prometheus.io/docs/prometheus/latest/querying/api/#config
"""

import asyncio
from typing import Any

from stack.backends.attached.target_file import Promise
from stack.clients.log_reader import LogStoreError
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from suites.core.evidence import NotEvaluated
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack


async def running_configs(stack: InspectedStack, promise: Promise) -> dict[str, dict[type, Any]]:
    """Loki's and Prometheus' configuration, or why it cannot be read; never raises for what they do."""
    loki, prometheus = await asyncio.gather(_loki(stack, promise), _prometheus(stack, promise))
    return {"loki": {LokiConfig: loki}, "prometheus": {PrometheusConfig: prometheus}}


async def _loki(stack: InspectedStack, promise: Promise) -> list[LokiConfig] | NotEvaluated:
    url = stack.endpoint("loki")
    if isinstance(url, NotEvaluated):
        return url
    client = LokiClient(url, stack.http)
    try:
        config = await client.config()
        found = LokiConfig("", config, promised_s=promise.logs_s, running=True)
        overrides = await client.runtime_config() if found.runtime_file else {}
    except LogStoreError as silent:
        return unanswered(f"Loki does not tell its configuration: {silent}", "loki", silent)
    return [LokiConfig("", config, overrides, promise.logs_s, running=True)]


async def _prometheus(stack: InspectedStack, promise: Promise) -> list[PrometheusConfig] | NotEvaluated:
    url = stack.endpoint("prometheus")
    if isinstance(url, NotEvaluated):
        return url
    client = PrometheusClient(url, stack.http)
    try:
        config, flags, runtime = await asyncio.gather(client.config(), client.flags(), client.runtime_info())
    except PrometheusError as silent:
        return unanswered(f"Prometheus does not tell its configuration: {silent}", "prometheus", silent)
    # What applies, whether file, flag or default decides it: `15d`, `1w or 8GiB`; empty where the server does not say.
    stated = str(runtime.get("storageRetention", "")).split(" or ")
    time = next((part for part in stated if part[-1:] in tuple("smhdwy")), "")
    size = next((part for part in stated if part.endswith("B")), "")
    flags = {**flags, "storage.tsdb.retention.time": time, "storage.tsdb.retention.size": size}
    return [PrometheusConfig("", config, flags, "", promised_s=promise.metrics_s)]
