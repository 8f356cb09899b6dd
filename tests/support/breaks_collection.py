"""A pytest plugin that breaks the suite's own collecting: load it with `-p tests.support.breaks_collection`.

The state of the components cannot be collected, when all services have been observed.
"""

import pytest

from suites.collect import collection


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001  # the hook passes it by name
    """Put the fault into place, in the controller and in each worker."""

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of the suite")

    collection.component_states = broken  # type: ignore[assignment]  # that is the point
