"""What is wrong with the lines that a live tail delivered, as numbers of lines."""

from stack.records.console.lines import Tail

SHOWN = 10


def lost(tail: Tail) -> str:
    """The lines that never came and were not announced as left out; empty where there are none."""
    missing = [number for number in range(1, tail.written + 1) if number not in set(tail.got)]
    return _listed(missing) if len(missing) > tail.announced else ""


def twice(tail: Tail) -> str:
    """The lines that came more than once."""
    seen, again = set[int](), dict[int, None]()
    for number in tail.got:
        if number in seen:
            again[number] = None
        seen.add(number)
    return _listed(list(again))


def late(tail: Tail) -> str:
    """The lines that came behind a later one, for the first time."""
    seen, found, highest = set[int](), [], 0
    for number in tail.got:
        if number < highest and number not in seen:
            found.append(number)
        seen.add(number)
        highest = max(highest, number)
    return _listed(found)


def _listed(numbers: list[int]) -> str:
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return ", ".join(map(str, numbers[:SHOWN])) + more
