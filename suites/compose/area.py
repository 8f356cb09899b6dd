"""The compose file: what each service of it asks of the container engine."""

from stack.components import COMPONENTS
from stack.records.config.compose import ComposeService
from suites.core.area import Area, StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import COMPOSE, NO_FILES, compose_services


def read(files: StackFiles) -> StaticRecords:
    """Read the compose file: one subject per service of it, and per component that it does not have."""
    if files.folder is None or (files.attached and not (files.folder / COMPOSE).exists()):
        return {"compose": {ComposeService: NO_FILES}}
    services = compose_services(files.folder)
    if isinstance(services, NotEvaluated):
        return {name: {ComposeService: services} for name in COMPONENTS}
    missing = {name: NotEvaluated(f"the compose file has no service `{name}`") for name in COMPONENTS}
    return {
        name: {ComposeService: [services[name]] if name in services else missing[name]}
        for name in {**COMPONENTS, **services}
    }


AREA = Area("compose", files=read)
