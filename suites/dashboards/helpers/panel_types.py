"""What the types of panels need."""

DRAWING = frozenset({
    "stat", "singlestat", "graph", "timeseries", "gauge", "bargauge", "barchart", "trend", "histogram", "table", "logs",
    "heatmap", "piechart", "state-timeline", "status-history", "xychart",
})  # fmt: skip
"""Panels that draw the answers to queries."""

NUMBERS = DRAWING - {"table", "logs", "heatmap", "piechart", "state-timeline", "status-history", "xychart"}
"""Panels whose numbers need a unit."""
