"""Real servers in tests: a test that needs some is skipped, with the reason, where they are not found."""

import pytest

from stack.servers.find import Binary, find_binary, why_absent


def need(*names: str) -> list[Binary]:
    """The programs of these servers, in their order; skips the calling test or fixture where one is not found."""
    found = []
    for name in names:
        binary = find_binary(name)
        if binary is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")
        found.append(binary)
    return found
