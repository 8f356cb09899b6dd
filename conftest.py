"""The composition root: which plugins make a conformance run."""

pytest_plugins = ["suites.run.plugin", "reports.plugin"]
