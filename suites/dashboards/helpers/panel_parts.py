"""Parts of a panel as they are in its file, in the shape of the classic schema."""

from stack.records.dashboards.panel import Panel
from stack.text.view import View


def targets(panel: Panel) -> list[View]:
    """The queries of a panel, hidden ones too: expressions calculate with them."""
    return View(panel.model)["targets"].objects()


def ref_ids(panel: Panel) -> set[str]:
    """The letters of its queries."""
    return {target["refId"].text() or "A" for target in targets(panel)}


def transformations(panel: Panel) -> list[View]:
    """What is done to the data before it is drawn, what is switched off left out."""
    listed = View(panel.model)["transformations"]
    return [one for one in listed.objects() if one["disabled"].value is not True] if listed.is_a(list) else []


def overrides(panel: Panel) -> list[View]:
    """The matchers of its field overrides."""
    return [one["matcher"] for one in _overrides(panel) if one["matcher"].is_a(dict)]


def overrides_unit(panel: Panel) -> bool:
    """Whether an override gives some of its fields a unit."""
    listed = [one["properties"] for one in _overrides(panel) if one["properties"].is_a(list)]
    return any(item["id"].value == "unit" and item["value"].value for one in listed for item in one.objects())


def _overrides(panel: Panel) -> list[View]:
    fields = View(panel.model)["fieldConfig"]
    listed = fields["overrides"] if fields.is_a(dict) else fields
    return listed.objects() if listed.is_a(list) else []
