"""Templates of messages call functions and templates that there are.

Alertmanager expands them when it notifies, and `amtool check-config` does not: with a name that is not there, the
message is not sent.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.templates import MESSAGE_FUNCTIONS, called, defined, problems
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


def config(text: str, more: str = "") -> str:
    slack = f"slack_configs: [{{api_url: 'http://chat/', title: '{text}'}}]"
    return f"{{route: {{receiver: a}}, receivers: [{{name: a, {slack}}}]{more}}}"


OWN = ", templates: [own.tmpl], template_files: {own.tmpl: '{{ define \"own\" }}{{ .Status | toUper }}{{ end }}'}"


@rule(
    Good(config('{{ template "slack.default.title" . }} {{ range $i, $a := .Alerts }}{{ $i }}{{ end }}')),
    Good(config('{{ define "x" }}{{ len .Alerts.Firing }}{{ end }}{{ template "x" . }} {{/* add a comment */}}')),
    Bad(
        config("{{ range $i, $a := .Alerts }}{{ add $i 1 }}{{ end }}{{ $x }}"),
        "`receivers[0].slack_configs[0].title`: there is no function `add`",
        "`receivers[0].slack_configs[0].title`: the variable `$x` is not defined",
    ),
    Bad(
        config('{{ template "own.title" . }}'),
        "`receivers[0].slack_configs[0].title`: the template `own.title` is not defined",
    ),
    Bad(
        config('{{ template "own" . }}{{ template "owm" . }}', OWN),
        "`receivers[0].slack_configs[0].title`: the template `owm` is not defined",
        "`own.tmpl`: there is no function `toUper`; did you mean `toUpper`?",
    ),
    Unjudged(
        config('{{ template "own.x" . }}', ", templates: [/etc/alertmanager/*.tmpl]"),
        NotCollected("the template files were not found, so it is not known whether `own.x` is defined"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/notifications/",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    files = config.template_files
    texts = [(place, text, config.file, line) for one in config.receivers for place, text, line in one.templates]
    if not texts and not files:
        raise NotApplicable(f"{config.file} has no templates")
    unknown: list[str] = []
    known = {name for _, text in files or () for name in defined(text)}
    for place, text, file, line in (*texts, *((name, text, name, None) for name, text in files or ())):
        # Alertmanager's own are such as `slack.default.title` and `__subject`.
        missing = [
            name
            for name in called(text)
            if name not in known and name not in defined(text) and ".default." not in name and name[:2] != "__"
        ]
        undefined = [f"the template `{name}` is not defined" for name in missing if files is not None]
        unknown += missing if files is None else []
        for problem in dict.fromkeys((*problems(text, MESSAGE_FUNCTIONS, frozenset()), *undefined)):
            where = Where(file=file, line=line)
            yield Finding(f"`{place}`: {problem}", where, "`amtool template render` expands it for an alert")
    if unknown:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(unknown))
        verb = "is" if len(set(unknown)) == 1 else "are"
        raise NotCollected(f"the template files were not found, so it is not known whether {names} {verb} defined")
