"""The component's clock is within one second of this machine's clock.

Log lines and samples carry the time of the machine that made them. With clock skew, cause and effect appear in the
wrong order, and data from the future is rejected.
"""

from collections.abc import Iterator

from stack.records.live.components import ClockSkew
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

ALLOWED_S = 1.0


@rule(
    Good("{component: loki, dated: 1000, asked: 1000.4, received: 1000.5}"),
    Good("{component: loki, dated: 1001, asked: 1000.9, received: 1000.95}"),
    Bad(
        "{component: loki, dated: 1090, asked: 1000.4, received: 1000.8}",
        "the clock of loki is at least 89 s ahead",
    ),
    Bad(
        "{component: loki, dated: 990, asked: 1000.5, received: 1000.6}",
        "the clock of loki is at least 10 s behind",
    ),
    Unjudged(
        "{component: loki, dated: 1009, asked: 1000, received: 1015}",
        NotCollected("it answered after 15 s: its clock is known to ±15 s only"),
    ),
    level=Level.SHOULD,
    source="https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1",
)
def check(clock: ClockSkew) -> Iterator[Finding]:
    if abs(clock.proven) > ALLOWED_S:
        way = "ahead" if clock.proven > 0 else "behind"
        yield Finding(
            f"the clock of {clock.component} is at least {abs(clock.proven):.0f} s {way}",
            hint="run an NTP client (chrony, systemd-timesyncd) on both machines",
        )
    elif clock.took_s > ALLOWED_S:
        took = f"{clock.took_s:.0f} s"
        raise NotCollected(f"it answered after {took}: its clock is known to ±{took} only")
