"""The filter of the Docker API refuses what would give root on the machine.

Log agent and console may see the containers. Whoever may create one, run something in one, read its files or build an
image can mount the machine's own file system: what breaks into the console would then have the machine.
"""

from collections.abc import Iterator

from stack.records.console.docker_filter import DockerFilter
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("reads: 200\nsent: [{what: creating a container, request: POST /containers/create, status: 403}]"),
    Bad(
        "reads: 200\nsent: [{what: creating a container, request: POST /containers/create, status: 400}]",
        "creating a container, `POST /containers/create`, is answered with 400",
    ),
    Unjudged(
        "reads: 502\nsent: [{what: creating a container, request: POST /containers/create, status: 403}]",
        NotCollected("the filter answers what it must let pass with 502"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
)
def check(answers: DockerFilter) -> Iterator[Finding]:
    for one in answers.sent:
        if one.status != 403:
            yield Finding(
                f"{one.what}, `{one.request}`, is answered with {one.status}",
                hint="let the filter pass the paths that agent and console need, and answer all else with 403",
            )
    if answers.sent and answers.reads != 200:
        raise NotCollected(f"the filter answers what it must let pass with {answers.reads}")
