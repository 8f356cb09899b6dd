"""A dashboard drawn from the answers to its queries, where no Grafana is there to draw it."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

import pytest

from stack.clients.server_client import DRAWN_CURVES, DRAWN_LINES, DRAWN_POINTS, _answered
from stack.records.dashboards.answers import Curve, PanelData, QueryResult
from stack.records.dashboards.panel import Datasource, Panel, Query
from suites.dashboards.helpers.drawing import Drawing, draw, shown

CURVE = Curve({"__name__": "up", "job": "a"}, ((0.0, 1.0), (60.0, 2.0), (120.0, 1.5)))
DATASOURCE = Datasource("prometheus")


def drawn(panel: Panel, *answers: tuple[PanelData, QueryResult]) -> tuple[Drawing, str]:
    picture = draw("Board", [panel], {0: list(answers)})
    return picture, " ".join(ET.fromstring(picture.svg).itertext())  # noqa: S314  # our own drawing


def texts_of(picture: Drawing) -> list[str]:
    return [str(one.text) for one in ET.fromstring(picture.svg).iter() if one.text]  # noqa: S314  # our own drawing


def panel(kind: str = "timeseries", legend: str = "", **more: Any) -> Panel:
    return Panel(1, "Requests", kind, (Query("A", "up", DATASOURCE, model={"legendFormat": legend}),), 12, **more)


def test_a_curve_is_a_line_with_its_legend_and_bounds() -> None:
    picture, _ = drawn(
        panel(legend="of {{job}}"), (PanelData("Requests", series=1, values=3), QueryResult(1, 3, curves=(CURVE,)))
    )

    assert picture.svg.count("<polyline") == 1
    assert (picture.parts, picture.failing) == (1, 0)
    assert {"Requests", "of a", "2", "0"} <= set(texts_of(picture))


@pytest.mark.parametrize(
    ("data", "words", "failing"),
    [
        (PanelData("Requests", error="parse error"), "error: parse error", 1),
        (PanelData("Requests"), "No data", 1),
        (PanelData("Requests", no_value="No errors"), "No errors", 0),
        (PanelData("Requests", unqueried="there is no Loki"), "was not queried: there is no Loki", 0),
    ],
)
def test_what_was_not_found_is_said(data: PanelData, words: str, failing: int) -> None:
    picture, text = drawn(panel(), (data, QueryResult()))

    assert words in text
    assert picture.failing == failing == picture.svg.count('class="b bad"')


def test_single_values_and_lines_are_written() -> None:
    found = PanelData("Requests", series=1, values=1)
    _, text = drawn(panel("stat", unit="bytes"), (found, QueryResult(1, 1, curves=(CURVE,))))
    assert "1.5 B" in text
    _, text = drawn(panel("logs"), (found, QueryResult(1, 1, lines=("first line", "second line"))))
    assert "first line" in text
    assert "second line" in text


def test_hostile_texts_stay_texts_and_secrets_are_masked() -> None:
    secret = "ghp_" + "a1B2" * 9
    curve = Curve({"path": "</text><script>x</script>\x1b"}, CURVE.points)
    lines = (f"token {secret} <b>&",)
    found = PanelData("Requests", series=1, values=3)
    picture, text = drawn(panel(), (found, QueryResult(1, 3, curves=(curve,))))
    assert "<script>" not in picture.svg
    assert "<script>" in text
    picture, _ = drawn(panel("logs"), (found, QueryResult(1, 1, lines=lines)))
    assert secret not in picture.svg


def test_panels_are_laid_out_in_rows_of_the_grid() -> None:
    def at(x: int, y: int, width: int) -> Panel:
        return Panel(x, f"p{x}-{y}", "timeseries", (), width, x=x, y=y, height=8)

    svg = draw("Board", [at(0, 8, 24), at(0, 0, 12), at(12, 0, 12)], {}).svg
    places = [part.partition(")")[0] for part in svg.split("translate(")[1:]]
    assert places == ["0,0", "600,0", "0,176"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.34, "s", "340 ms"), (90000, "s", "1.04 d"), (0.5, "percentunit", "50 %"), (12, "percent", "12 %"),
        (3.1e9, "bytes", "3.1 GB"), (1200, "", "1.2 k"), (7, "", "7"), (0, "s", "0 µs"), (2e6, "Bps", "2 MB/s"),
    ],
)  # fmt: skip
def test_numbers_for_people(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def matrix(rows: Sequence[Any]) -> dict[str, Any]:
    return {"resultType": "matrix", "result": rows}


def test_of_an_answer_a_bounded_part_is_kept_with_the_newest_values() -> None:
    values = [[at, str(at)] for at in range(1000)]
    answer = _answered(matrix([{"metric": {"job": str(row)}, "values": values} for row in range(50)]))

    assert (answer.series, answer.values, len(answer.curves)) == (50, 50_000, DRAWN_CURVES)
    points = answer.curves[0].points
    assert len(points) <= DRAWN_POINTS
    assert points[-1] == (999.0, 999.0)
    assert [at for at, _ in points] == sorted(at for at, _ in points)
    lines = _answered({"resultType": "streams", "result": [{"values": [["1", "x"]] * 500}]})
    assert (lines.values, len(lines.lines)) == (500, DRAWN_LINES)


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 119, 120, 121, 7000])
def test_the_newest_value_is_always_kept(count: int) -> None:
    (curve,) = _answered(matrix([{"metric": {}, "values": [[at, "1"] for at in range(count)]}])).curves
    assert len(curve.points) <= DRAWN_POINTS
    assert (curve.points[-1][0] if count else None) == (float(count - 1) if count else None)
