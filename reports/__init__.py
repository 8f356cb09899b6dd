"""The report of a run: report.json and the formats made from it."""
