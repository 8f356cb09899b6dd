"""Lines are stored under exactly the expected labels.

Dashboards and alerts select by these labels and miss a line that lacks one; every label too many multiplies the streams
that the store has to keep open.
"""

from collections import defaultdict
from collections.abc import Iterator

from stack.records.logs.delivery import ANY, Delivery
from stack.records.logs.entry import EmittedLine, LogEntry
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import STORE, at, count, found, id_labels, verb
from suites.logs.helpers.judge import quoted

HEAD = """expected: {service: api, system: dante, level: "*"}
emitted: ['{"ts":1.5,"level":"info"}', '{"ts":2.5,"level":"info"}']
"""
SITE = """expected: {level: "*"}
exact: false
emitted: ['{"ts":1.5,"level":"info"}', '{"ts":2.5}']
"""
LOKIS_OWN = {"service_name": "discover_service_name: []", "detected_level": "discover_log_levels: false"}


@rule(
    Good(HEAD),
    Bad(HEAD + "found: [1, {of: 2, labels: {system: null}}]\n", "line 2 has no label `system`"),
    Bad(
        HEAD + "found: [{of: 1, labels: {system: docaiche}}, {of: 2, labels: {system: docaiche}}]\n",
        "2 of 2 lines, first line 1, have `docaiche` as label `system`, where `dante` is expected",
    ),
    Bad(
        HEAD + "found: [{of: 1, labels: {filename: /a.log}}, 2]\n",
        "line 1 has the label `filename` (`/a.log`), which is not expected",
    ),
    Good(SITE + "found: [{of: 1, labels: {filename: /a.log}}, {of: 2, labels: {level: null}}]\n"),
    Bad(
        SITE + "found: [{of: 1, labels: {level: null, filename: /a.log}}, 2]\n",
        "line 1 has no label `level`",
    ),
    Unjudged(
        SITE.replace('"level":"info",', "").replace(',"level":"info"', "")
        + "found: [{of: 1, labels: {level: null}}, {of: 2, labels: {level: null}}]\n",
        NotApplicable("no line states a level, so no label is due"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/get-started/labels/bp-labels/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    # `logs/delivered-ids-not-labels` reports ids among the labels.
    pairs = found(delivery)
    if not delivery.expected:
        raise NotApplicable("neither a service.yaml nor the target file says which labels its streams have")
    ids = id_labels(delivery)
    causes: dict[tuple[str, str, str], list[EmittedLine]] = defaultdict(list)
    for line, entry in pairs:
        for cause in _deviations(delivery, line, entry):
            if cause[1] not in ids:
                causes[cause].append(line)
    if not delivery.exact and not any(
        line.level is not None or delivery.expected.keys() & dict(entry.labels).keys() for line, entry in pairs
    ):
        raise NotApplicable("no line states a level, so no label is due")
    for (kind, name, value), lines in causes.items():
        yield _finding(delivery, kind, name, value, lines, len(pairs))


def _deviations(delivery: Delivery, line: EmittedLine, entry: LogEntry) -> Iterator[tuple[str, str, str]]:
    labels = dict(entry.labels)
    for name, wanted in delivery.expected.items():
        if name not in labels:
            if delivery.exact or line.level is not None:
                yield "missing", name, ""
        elif wanted not in (ANY, labels[name]):
            yield "wrong", name, labels[name]
    for name in labels.keys() - delivery.expected.keys() if delivery.exact else ():
        yield "extra", name, ""


def _finding(delivery: Delivery, kind: str, name: str, value: str, lines: list[EmittedLine], total: int) -> Finding:
    subject = f"{count(lines, total)} {verb(lines, 'has', 'have')}"
    if kind == "missing":
        hint = f"add `{name}` to the stages `labels` and `labelallow` of {delivery.agent}, from the path or the line"
        return Finding(f"{subject} no label `{name}`", at(lines[0]), hint)
    if kind == "wrong":
        wanted = delivery.expected[name]
        message = f"{subject} {quoted(value)} as label `{name}`, where `{wanted}` is expected"
        hint = (
            f"the path of the log file, or the labels of the target in {delivery.agent}, set `{name}`; or correct "
            "`logs.labels` in the service's `service.yaml`"
        )
        return Finding(message, at(lines[0]), hint)
    sample = next(dict(entry.labels)[name] for _, entry in delivery.found if name in dict(entry.labels))
    own = LOKIS_OWN.get(name)
    hint = (
        f"set `{own}` in `limits_config` of {STORE}"
        if own
        else f"take `{name}` out of stage `labelallow` of {delivery.agent}, or of `external_labels` in its `clients`"
    )
    return Finding(f"{subject} the label `{name}` ({quoted(sample)}), which is not expected", at(lines[0]), hint)
