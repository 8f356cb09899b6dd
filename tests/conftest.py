"""What holds for all of the suite's own tests: nothing that a test starts outlives it."""

from __future__ import annotations

from tests.support.leaks import nothing_left_of_a_module, nothing_left_of_a_test, session_mark

__all__ = ["nothing_left_of_a_module", "nothing_left_of_a_test", "session_mark"]
