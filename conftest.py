"""The composition root: which plugins make a conformance run."""

from __future__ import annotations

pytest_plugins = ["suites.run.plugin", "reports.plugin"]
