"""Turns the faults that the exposition parser reports into findings, for the rules on the format."""

from collections.abc import Callable, Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import Fault, FaultKind
from suites.core.finding import Finding, Where

Text = str | Callable[[Fault], str]


def findings(exposition: Exposition, kind: FaultKind, message: Text, hint: Text) -> Iterator[Finding]:
    """One finding per fault of `kind`, that is per thing to fix, each with how often it occurred.

    `message` is a template, `{0}`, `{1}`, … for the fault's subject and names (`{series}`) for its details, or a
    function; `hint` is plain text or a function. Where there are more distinct faults than the exposition keeps, the
    last finding says how many.
    """
    kept = exposition.faults.get(kind, ())
    for fault in kept:
        text = message.format(*fault.subject, **fault.detail) if isinstance(message, str) else message(fault)
        place = Where(line=fault.line or None, series=fault.detail.get("series"), excerpt=fault.excerpt or None)
        yield Finding(text + _often(fault), place, hint if isinstance(hint, str) else hint(fault))
    more = exposition.fault_counts.get(kind, 0) - sum(fault.times for fault in kept)
    if more > 0:
        yield Finding(f"and {more} more of the same kind", hint="fix those above first, then run the check again")


def unread(exposition: Exposition) -> bool:
    """Some lines could not be read at all, which the rules on these report."""
    return not exposition.faults.keys().isdisjoint(("unparsable", "bad_number", "bad_escape"))


def _often(fault: Fault) -> str:
    if fault.times == 1:
        return ""
    return f" ({fault.times} times{f', first at line {fault.line}' if fault.line else ''})"
