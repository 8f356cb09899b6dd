"""How the filter in front of the Docker API answered what it must refuse."""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class DockerRequest(FromYaml):
    """A request to the filter: `what` it is for, as `POST /containers/create`, and the status of the answer."""

    what: str
    request: str
    status: int


@dataclass(frozen=True, slots=True)
class DockerFilter(FromYaml):
    """Requests that must be refused; `reads` is the status of one that passes: without it refusals show nothing."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("docker-proxy",)

    reads: int
    sent: tuple[DockerRequest, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.sent else "nothing was asked that must be refused"
