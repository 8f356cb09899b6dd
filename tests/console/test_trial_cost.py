"""What a trial of the console leaves out because it only takes processor time."""

import asyncio
from pathlib import Path

from argon2 import extract_parameters

from stack.console.access import passwords
from suites.console.collect.own import own_console

PASSWORD = "Kiwi-tree-42-moon"


def work() -> list[int]:
    """The kibibytes times passes of a stored hash, and of that which stands in where there is no account."""
    found = [extract_parameters(each) for each in (passwords.hashed(PASSWORD), passwords._UNKNOWN)]
    return [each.memory_cost * each.time_cost for each in found]


def test_passwords_of_a_trial_take_little_work_and_all_others_what_they_should(tmp_path: Path) -> None:
    async def within() -> list[int]:
        async with own_console(tmp_path, None):
            return work()

    assert asyncio.run(within()) == [8, 8]
    assert work() == [3 * 65536, 3 * 65536]
