"""Each emitted line is in the log store exactly once.

Lost lines are missing when they are needed, and lines that are stored twice make every count of them wrong.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import show_labels
from stack.records.logs.matching import Match, log_of
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import STORE, at, count, due, need_log, untakable, verb
from suites.logs.helpers.losses import reasons, unread

EMITTED = 'emitted:\n- {"ts":1.5,"msg":"a"}\n- {"ts":2.5,"msg":"b"}\n- plain\n'.replace("- {", "- '{").replace(
    "}\n", "}'\n"
)


UNTAKABLE = "a store takes none of the lines, see `logs/timestamp-near-emission` and `logs/line-length`"
EQUAL = f"emitted:{' [same' + ', same' * 19}]\n"


@rule(
    Good(EMITTED),
    Good(EQUAL + f"found: [{', '.join(f'{{of: 1, at: {at}}}' for at in range(20))}]\n"),
    # Loki keeps one of equal lines with equal times: `logs/timestamp-tells-equal-lines-apart` reports those.
    Good("""emitted: ['{"ts":2,"msg":"a"}', '{"ts":2,"msg":"a"}']\nfound: [1]\n"""),
    Good(EMITTED + "misdated: [2]\nfound: [1, 3]\n"),
    Good(f"emitted: [a, '', {'x' * 300_000}]\nfound: [1]\n"),
    Bad(EMITTED + "misdated: [2]\nfound: [2, 3]\n", "line 1 was not found in 20 s"),
    Bad(EMITTED + "found: [1, 3]\n", "line 2 was not found in 20 s"),
    Bad(EMITTED + "found: []\nwaited: 5\n", "3 of 3 lines, first line 1, were not found in 5 s"),
    Bad(
        EQUAL + f"found: [{', '.join(f'{{of: 1, at: {at}}}' for at in range(7))}]\n",
        "13 of 20 lines, first line 8, were not found in 20 s",
    ),
    Bad(EMITTED + "found: [1, 2, 3, {of: 2, at: 9}]\n", "line 2 was found 2 times"),
    Bad(
        EMITTED + "found: [1, 2, 3, {of: 1, labels: {service: null, job: files}}]\n",
        'line 1 was found 2 times, also in `{job="files", level="unknown"}`',
    ),
    Unjudged(EMITTED + "misdated: [1, 2, 3]\nfound: []\n", NotApplicable(UNTAKABLE)),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/troubleshooting/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    # An altered line counts as found: `logs/delivered-unchanged` reports it.
    total = len(due(delivery))
    lost = sorted(
        (line for match in delivery.matches for line in match.lost), key=lambda line: (line.file, line.number)
    )
    if not unread(lost, delivery):
        lost = [line for line in lost if not untakable(line)]
    if not lost and not delivery.found:
        raise NotApplicable(UNTAKABLE)
    if lost:
        unexplained = (
            f"check whether a job in {delivery.agent} reads {lost[0].file or 'the file'}, whether a stage drops "
            f"the line, and what `loki_discarded_samples_total` counts: the limits are in {STORE} under "
            "`limits_config`"
        )
        yield Finding(
            f"{count(lost, total)} {verb(lost, 'was', 'were')} not found in {delivery.waited_s:g} s",
            at(lost[0]),
            "; ".join(reasons(lost, delivery)) or unexplained,
        )
    yield from _repeated(delivery, [match for match in delivery.matches if match.repeated], total)


def _repeated(delivery: Delivery, repeated: list[Match], total: int) -> Iterator[Finding]:
    if not repeated:
        return
    lines = [match.line for match in repeated]
    most = max(match.found for match in repeated)
    times = f"{most} times" if len(lines) == 1 else f"up to {most} times"
    elsewhere = next((show_labels(copy.labels) for match in repeated for copy in match.copies), None)
    hint = (
        f"keep `positions.filename` of {delivery.agent} on a volume, let one job of one agent alone read the file, and "
        "give lines their own time (stage `timestamp`): the store drops a copy that bears the same time and labels"
    )
    if any(log_of(line.file or "") != line.file for line in lines if (line.file or "").endswith(".log")):
        hint = (
            "let rotation give a file a name that does not end in `.log`, such as `api.log.1`: under another name "
            "that matches the agent's `__path__` it is read again, as the log of another instance"
        )
    yield Finding(
        f"{count(lines, total)} {verb(lines, 'was', 'were')} found {times}"
        + (f", also in `{elsewhere}`" if elsewhere else ""),
        at(lines[0], elsewhere),
        hint,
    )
