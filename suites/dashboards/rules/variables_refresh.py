"""The values of query variables are queried anew when the time range changes.

Otherwise a service that was added later, or ran only in the hours looked at, cannot be chosen, and All may leave it
out.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

JOB = "name: job, type: query, query: 'label_values(up, job)'"


@rule(
    Good(f"{{panels: [{{id: 1}}], templating: {{list: [{{{JOB}, refresh: 2}}, {{name: n, type: custom}}]}}}}"),
    Bad(
        f"{{panels: [{{id: 1}}], templating: {{list: [{{{JOB}}}]}}}}",
        "the values of variable `job` are those of the day when it was saved",
    ),
    Bad(
        f"{{panels: [{{id: 1}}], templating: {{list: [{{{JOB}, refresh: 1}}]}}}}",
        "the values of variable `job` are not queried again when the time range changes",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/add-template-variables/#add-a-query-variable",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    variables = [variable for variable in dashboard.variables if variable.type == "query"]
    if not variables:
        raise NotApplicable(f"{dashboard.file} has no query variable")
    for variable in variables:
        where = Where(file=dashboard.at(variable.path))
        if variable.refresh < 1:
            message = f"the values of variable `{variable.name}` are those of the day when it was saved"
            yield Finding(message, where, 'set `"refresh": 2`')
        elif variable.refresh == 1:
            message = f"the values of variable `{variable.name}` are not queried again when the time range changes"
            yield Finding(message, where, 'set `"refresh": 2`')
