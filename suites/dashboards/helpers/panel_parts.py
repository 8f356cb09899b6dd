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
    fields = View(panel.model)["fieldConfig"]
    listed = fields["overrides"] if fields.is_a(dict) else fields
    return [one["matcher"] for one in listed.objects() if one["matcher"].is_a(dict)] if listed.is_a(list) else []
