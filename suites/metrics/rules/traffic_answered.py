"""The service answers the provoked requests with the expected statuses.

What a service counts and logs is judged by the requests it was sent. If they are not answered with the statuses that
`service.yaml` declares, verdicts on counters and log lines are about other events than intended.
"""

from collections import Counter
from collections.abc import Iterator

from stack.records.scrape.traffic import ProvokedTraffic
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("[{method: GET, path: /api, expected: 200, status: 200}]"),
    Bad(
        "- &answer {method: GET, path: /api, expected: 200, status: 503}\n- *answer\n",
        "GET `/api` answered 503 instead of 200, 2 times",
    ),
    Bad(
        "[{method: GET, path: /api, expected: 200, status: 0, problem: connection refused}]",
        "GET `/api` was not answered, once: connection refused",
    ),
    level=Level.MUST,
    source="https://www.rfc-editor.org/rfc/rfc9110#section-15",
)
def check(traffic: ProvokedTraffic) -> Iterator[Finding]:
    wrong = Counter(answer for answer in traffic.answers if answer.status != answer.expected)
    for answer, count in wrong.items():
        times = "once" if count == 1 else f"{count} times"
        what = f"{answer.method} `{answer.path}`"
        if answer.problem:
            message = f"{what} was not answered, {times}: {answer.problem}"
        else:
            times = "" if count == 1 else f", {times}"
            message = f"{what} answered {answer.status} instead of {answer.expected}{times}"
        yield Finding(
            message,
            Where(url=answer.path),
            hint="fix the endpoint, or correct `traffic` in the service's service.yaml",
        )
