"""How a service of the catalog came to run."""

from dataclasses import dataclass

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class ServiceStart(FromYaml):
    """The start of a service by this run.

    `problem` is why it did not become ready, with the last lines of its output; empty where it did.
    """

    service: str
    problem: str = ""
