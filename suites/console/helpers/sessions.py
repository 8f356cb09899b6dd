"""What an answer to a sign-in or about a session does not show."""

from stack.records.console.access import REFUSED
from stack.records.console.sessions import Refusal
from suites.core.rule import NotCollected


def looked_at(*answers: Refusal) -> None:
    """Raise `NotCollected` unless each answer to a wrong sign-in is about the password."""
    if statuses := dict.fromkeys(str(one.status) for one in answers if not one.is_told):
        again = "; try again when neither the account nor this address is locked" if "429" in statuses else ""
        raise NotCollected(f"a wrong password was not looked at: answered with {' and '.join(statuses)}{again}")


def over(status: int) -> None:
    """Raise `NotCollected` unless a session is refused after sign-out: what goes on without that shows nothing."""
    if status < 400:
        raise NotCollected("the session itself goes on after sign-out, see `console/session-ends-at-sign-out`")
    if status not in REFUSED:
        raise NotCollected(f"whether the session is over is not known: answered with {status} after sign-out")
