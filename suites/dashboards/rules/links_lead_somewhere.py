"""Links of a dashboard have an address, and those to other dashboards lead to one that there is.

A link that leads to an error page costs the reader's trust in the others.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

PATTERN = re.compile(r"""=~\s*\\?["`]\$(?:\{(\w+)\}|(\w+))""")
OF_DASHBOARD = re.compile(r"^(?:/grafana)?/?d/([A-Za-z0-9_-]+)")


@rule(
    Good(
        "{uid: a, other_uids: [a, b], other_tags: [redis], panels: [{id: 1, links: [{title: B, url: /d/b/x}]}],"
        " links: [{title: Redis, type: dashboards, tags: [redis]}, {title: Manual, url: 'https://example.com/${job}'}]}"
    ),
    Bad(
        "{uid: a, other_uids: [a], panels: [{id: 1}], links: [{title: B, url: /d/b}, {title: C, url: ''}, "
        "{title: D, type: dashboards, tags: [redis]}]}",
        "the link `B` leads to the dashboard `b`, which is not among these",
        "the link `C` has no address",
        "the link `D` lists dashboards with the tags `redis`, and there is none",
    ),
    Bad(
        "{uid: a, panels: [{id: 1}], links: [{title: Lines, url: '/explore?left={expr:%7Bjob%3D~%22${job}%22%7D}'}], "
        "templating: {list: [{name: job, type: custom, query: 'a,b', multi: true}]}}",
        "the link `Lines` puts several values of `job` into a pattern as `{a,b}`",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/manage-dashboard-links/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    links = [*dashboard.links, *(link for panel in dashboard.panels for link in panel.links)]
    if not links:
        raise NotApplicable(f"{dashboard.file} has no link")
    around = dashboard.around
    several = {one.name for one in dashboard.variables if one.multi}
    for link in links:
        where = Where(file=dashboard.at(link.path))
        for one, other in PATTERN.findall(unquote(link.url)):
            if (name := one or other) in several:
                message = f"the link `{link.title}` puts several values of `{name}` into a pattern as `{{a,b}}`"
                yield Finding(message, where, f"`${{{name}:regex}}`")
        if link.type == "dashboards":
            if link.tags and not set(link.tags) & (around.tags | set(dashboard.tags)) and around.uids:
                tags = ", ".join(f"`{tag}`" for tag in link.tags)
                message = f"the link `{link.title}` lists dashboards with the tags {tags}, and there is none"
                yield Finding(message, where, "give the dashboards the tag, or the link another")
        elif not link.url:
            yield Finding(f"the link `{link.title}` has no address", where, "set its `url`")
        elif (match := OF_DASHBOARD.match(link.url)) and around.uids and match[1] not in around.uids:
            message = f"the link `{link.title}` leads to the dashboard `{match[1]}`, which is not among these"
            yield Finding(message, where, "link to a dashboard that is deployed with it")
