"""An alert trial: a fault made on purpose, and how far the alert on it got, each step with its time."""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml

STEPS = ("pending", "firing", "routed", "delivered", "resolved")
"""What an alert goes through after its condition came true, in this order; the last two are messages."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message about the alert: to which receiver, through which integration (`email`), when, and its text."""

    receiver: str
    integration: str
    at_s: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class OtherAlert:
    """Another alert on the same fault that fired meanwhile; `inhibited_s` is None where it was not inhibited.

    `sent_to` are the receivers that got a message about it while the first alert fired.
    """

    alert: str
    inhibited_s: float | None = None
    sent_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertTrial(FromYaml):
    """One alert on one fault. `fault` says what was done, `steps` are seconds after it, by step.

    `alert` is empty where there is none on what shows the fault, `shown_by`. `over`: the fault was ended, and the
    message about that waited for.

    `service` is what the fault was made on. `routed` are the integrations that Alertmanager chose, as
    `receiver/integration`, `deliveries` the messages that arrived. `summary` is the alert's own text, as the server
    filled it in. `others` are alerts on the same fault. `waited_s` is how long the next step was waited for. `overlay`
    is what differed from the shipped files.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("alertmanager", "loki")

    alert: str
    fault: str
    service: str
    shown_by: str = ""
    steps: tuple[tuple[str, float], ...] = ()
    routed: tuple[str, ...] = ()
    deliveries: tuple[Delivered, ...] = ()
    others: tuple[OtherAlert, ...] = ()
    summary: str = ""
    waited_s: float = 0.0
    over: bool = True
    overlay: tuple[str, ...] = ()
    versions: str = ""

    @property
    def reached(self) -> frozenset[str]:
        """The steps that were seen."""
        return frozenset(step for step, _ in self.steps)

    @property
    def missing(self) -> list[str]:
        """The integrations that it was routed to and that got no message, as `receiver/integration`."""
        arrived = {f"{one.receiver}/{one.integration}" for one in self.deliveries}
        return [one for one in self.routed if one not in arrived]
