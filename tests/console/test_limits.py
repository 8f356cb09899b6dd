"""Rate limits count over a moving window, each of several by itself, and forget what is too old."""

from stack.console.access.limits import FORGET_EVERY_S, Limit, Limits

FEW, MORE = Limit(2, 10), Limit(3, 100)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_one_more_is_allowed_as_soon_as_the_oldest_is_too_old() -> None:
    limits = Limits(clock := Clock())
    told = []
    for at in (0, 6, 7, 9.5, 10, 15.5, 16):
        clock.now = 1000 + at
        told.append(limits.count((FEW,), "account", "ada"))
    assert told == [True, True, False, False, True, False, True]


def test_the_wait_ends_when_another_is_allowed_and_asking_counts_nothing() -> None:
    limits = Limits(clock := Clock())
    assert limits.wait_s((FEW,), "ada") == 0
    for at in (0, 4):
        clock.now = 1000 + at
        assert limits.count((FEW,), "ada")
    assert [limits.wait_s((FEW,), "ada") for _ in range(5)] == [6.0] * 5
    clock.now = 1009.9
    assert limits.wait_s((FEW,), "ada") == 1.0  # `Retry-After: 0` would be no wait
    clock.now = 1010
    assert limits.wait_s((FEW,), "ada") == 0


def test_of_several_limits_each_counts_by_itself_and_the_longest_wait_is_told() -> None:
    limits = Limits(clock := Clock())
    both = (FEW, MORE)
    assert [limits.count(both, "ada") for _ in range(4)] == [True, True, False, False]
    assert limits.wait_s(both, "ada") == 100.0
    clock.now = 1050
    assert limits.wait_s((FEW,), "ada") == 0
    assert limits.wait_s(both, "ada") == 50.0
    assert not limits.count(both, "ada")


def test_keys_have_counts_of_their_own_which_are_forgotten_alone() -> None:
    limits = Limits(Clock())
    for name in ("ada", "vera"):
        assert [limits.count((FEW,), "account", name) for _ in range(3)] == [True, True, False]
    limits.forget((FEW,), "account", "ada")
    assert limits.count((FEW,), "account", "ada")
    assert not limits.count((FEW,), "account", "vera")


def test_what_clients_send_does_not_stay_for_ever() -> None:
    limits = Limits(clock := Clock())
    for number in range(1000):
        limits.count((FEW, MORE), "address", str(number))
    clock.now += FORGET_EVERY_S
    limits.count((FEW,), "address", "last")
    assert len(limits._counted) == 1001, "those of the longer limit, and the last"
    clock.now += FORGET_EVERY_S
    limits.count((FEW,), "address", "last")
    assert len(limits._counted) == 1
    assert limits.wait_s((MORE,), "address", "7") == 0
