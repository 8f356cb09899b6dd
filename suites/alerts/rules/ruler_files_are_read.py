"""The ruler's rule files are where Loki reads them.

Loki reads the files of the folder `<directory>/<tenant>`, and no folders below it. Without tenants
(`auth_enabled: false`) the only tenant whose logs it has is `fake`.
"""

from collections.abc import Iterator

from stack.records.alerts.setup import Ruler
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good("{files: [fake/a.yml], directory: /loki/rules}"),
    Good("{files: [dante/a.yml], directory: /loki/rules, tenants: true}"),
    Bad(
        "{files: [a.yml, fake/team/b.yml, dante/c.yml], directory: /loki/rules}",
        "`a.yml` is ignored: it is in no tenant's folder",
        "`fake/team/b.yml` is ignored: the ruler reads no sub-folders (`team`)",
        "`dante/c.yml` is never read for the logs that there are: without tenants they all belong to `fake`",
    ),
    Bad(
        "{files: [fake/a.yml], directory: /loki/rules, tenants: true}",
        "`fake/a.yml` is read for the tenant `fake`, whom a Loki with tenants does not have",
    ),
    Unjudged("{files: [a.yml]}", NotApplicable("Loki keeps its rules elsewhere")),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/alert/#ruler-storage",
)
def check(ruler: Ruler) -> Iterator[Finding]:
    if ruler.files and not ruler.directory:
        raise NotApplicable("Loki keeps its rules elsewhere")
    for name in ruler.files:
        tenant, _, rest = name.rpartition("/")[0].partition("/")
        message = ""
        if not tenant:
            message = f"`{name}` is ignored: it is in no tenant's folder"
        elif rest:
            message = f"`{name}` is ignored: the ruler reads no sub-folders (`{rest}`)"
        elif tenant == "fake" and ruler.tenants and all(one.startswith("fake/") for one in ruler.files):
            message = f"`{name}` is read for the tenant `fake`, whom a Loki with tenants does not have"
        elif tenant != "fake" and not ruler.tenants:
            message = f"`{name}` is never read for the logs that there are: without tenants they all belong to `fake`"
        if message:
            base = name.rpartition("/")[2]
            hint = f"move it to `{'fake' if not ruler.tenants else '<tenant>'}/{base}`"
            yield Finding(message, Where(file=f"{ruler.directory}/{name}"), hint)
