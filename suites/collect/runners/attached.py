"""Services of a stack that runs elsewhere: where they answer, and what is known of their logs."""

from collections.abc import Iterable, Sequence

from fixtures.service import Service
from stack.backends.attached.backend import AttachedBackend
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import RunningStack, StackPlan
from suites.collect.runners.base import RunnerPlan
from suites.core.running_service import RunningService, stream_labels

NO_TRAFFIC = "services of an attached stack get no traffic unless the target file says `provoke: true`"


def attached_services(services: Iterable[Service], target: TargetFile) -> list[Service]:
    """Choose the services that the target file, or their own catalog entry, says where to find.

    Raises:
        ValueError: the target file names a service that the catalog does not have.

    """
    services = list(services)
    known = {service.name for service in services}
    unknown = [name for name in target.services if name not in known]
    if unknown:
        wrong = "\n".join(f"{target.lines[name]}: services.{name}: not in the catalog" for name in unknown)
        raise ValueError(f"{wrong}\nthe catalog has {', '.join(sorted(known)) or 'no service'}")
    return [service for service in services if _url(service, target) is not None]


def _url(service: Service, target: TargetFile) -> str | None:
    """Where a service answers: by the target file, by its own entry, or as the component of the stack that it is."""
    if service.name in target.services:
        return target.services[service.name].url
    if service.start.attached is not None:
        return service.start.attached.url
    component = service.start.local.component if service.start.local else None
    # Metrics are scraped without credentials, as Prometheus does it from inside.
    return None if component in target.credentials else target.endpoints.get(component or "")


class AttachedRunner:
    """Finds services and stack where they run; starts and stops nothing."""

    stack_first = False

    def __init__(self, plan: RunnerPlan, target: TargetFile) -> None:
        self._plan = plan
        self._target = target

    def prepare(self, service: Service) -> RunningService:
        """Give the service its address, and the labels under which its log streams are found."""
        running = RunningService(service, no_traffic=None if self._target.provoke else NO_TRAFFIC)
        running.base_url = _url(service, self._target)
        if running.base_url is None:
            running.problem, running.expected = f"it is not known where {service.name} runs", False
        running.stream_labels = stream_labels(service, self._target)
        return running

    def address(self, running: RunningService) -> str | None:
        """Where it answers; what an attached Prometheus scrapes is not ours to say."""
        return running.address

    def start_stack(self, services: Sequence[RunningService]) -> RunningStack:  # noqa: ARG002  # as `ServiceRunner` has it
        """Attach."""
        return AttachedBackend(self._target).start(StackPlan(self._plan.work_dir, self._plan.config_dir))

    def own_timeout(self, running: RunningService) -> bool:  # noqa: ARG002  # as `ServiceRunner` has it
        """How an attached Prometheus scrapes is its owner's decision."""
        return False

    def needs_stack(self, running: RunningService) -> bool:  # noqa: ARG002  # as `ServiceRunner` has it
        """It runs already."""
        return False

    def start_service(self, running: RunningService) -> None:
        """Start nothing: the service runs."""

    def stop(self, services: Sequence[RunningService]) -> None:
        """Stop nothing."""
