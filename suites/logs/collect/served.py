"""Asks Prometheus how many requests a service has served, beside which its stored lines are judged."""

import json

from stack.clients.prometheus import PrometheusClient

STATUS = ("code", "status", "status_code", "http_status", "http_response_status_code")
"""The usual labels for the status of an answer; of several on one counter the first is read."""
COUNTER, FAILED = "__counter__", "__failed__"
AT_ONCE = 10
"""How many sums one query asks for: it is part of a URL."""


async def requests_served(
    prometheus: PrometheusClient, address: str, window_s: float
) -> tuple[float | None, float | None]:
    """How many requests the counters of the service at `address` have gained, and how many of them failed with 5xx.

    None where there is no such counter. Counters are recognised by their names, statuses by the usual labels.

    Raises:
        PrometheusError: Prometheus did not answer.

    """
    if not address:
        return None, None
    mine = [one for one in await prometheus.targets() if one.at(address)]
    if not mine:
        return None, None
    own = f"job={json.dumps(mine[0].job)},instance={json.dumps(mine[0].instance)}"
    listed = await prometheus.query(f'group by (__name__,{",".join(STATUS)}) ({{{own},__name__=~".*requests_total"}})')
    # A sum over several counters at once is refused where two of them have series with the same labels.
    sums = dict[str, None]()
    for name in sorted({one.labels.get("__name__", "") for one in listed}):
        labels = {label for one in listed if one.labels.get("__name__", "") == name for label in one.labels}
        status = [f',{label}=~"5.."' for label in STATUS if label in labels][:1]
        for failed in ("", *status):
            gained = f"sum(increase({{{own},__name__={json.dumps(name)}{failed}}}[{window_s:.0f}s]))"
            named = f'label_replace({gained},"{COUNTER}",{json.dumps(name)},"","")'
            sums[f'label_replace({named},"{FAILED}","{"yes" if failed else "no"}","","")'] = None
    asked = list(sums)
    gains = [
        one
        for start in range(0, len(asked), AT_ONCE)
        for one in await prometheus.query(" or ".join(asked[start : start + AT_ONCE]))
    ]
    served, failed_ones = ([one.value for one in gains if one.labels.get(FAILED) == said] for said in ("no", "yes"))
    return sum(served) if served else None, sum(failed_ones) if failed_ones else None
