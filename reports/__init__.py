"""What a run tells its readers: report.json and the formats made from it."""
