"""An export of metrics is complete in each format, or is refused."""

import csv
import json

import pytest

from tests.console.conftest import Behind, Console, Consoles

HISTOGRAM = {"count": "3", "sum": "0.7", "buckets": [[0, "0.1", "0.2", "2"], [0, "0.4", "0.8", "1"]]}
MIXED = {"metric": {"__name__": "latency"}, "values": [[30, "7"]], "histograms": [[15, HISTOGRAM], [45, HISTOGRAM]]}
"""A series that was native histograms, a number, and histograms again."""


@pytest.mark.parametrize("form", ["csv", "json", "openmetrics"])
def test_native_histograms_are_exported_whole_or_not_at_all(consoles: Consoles, form: str) -> None:
    behind = Behind({"/api/v1/query_range": {"data": {"resultType": "matrix", "result": [MIXED]}}})

    async def act(console: Console) -> None:
        answer = await console.send("GET", f"/api/v1/metrics/export?query=latency&format={form}", "ada")
        if form == "openmetrics":
            assert answer.status_code == 422
            assert "has no native histograms" in answer.json()["detail"]
        elif form == "json":
            assert answer.json()["result"] == [MIXED]
        else:
            rows = list(csv.DictReader(answer.text.splitlines()))
            assert [row["time"] for row in rows] == ["15", "30", "45"]
            assert [json.loads(row["value"]) for row in rows] == [HISTOGRAM, 7, HISTOGRAM]

    consoles.run(act, behind)
