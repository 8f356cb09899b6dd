"""A line is stored as it was emitted, byte for byte.

Lines that the agent rewrites or the store cuts can no longer be parsed, searched or used as evidence.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import STORE, TOO_LONG, at, count, found, need_log, verb

EMITTED = """emitted: ['{"ts":1.5,"msg":"a long message"}', 'goroutine 1 [running]:']\n"""


@rule(
    Good(EMITTED),
    Bad(
        EMITTED + """found: [{of: 1, line: '{"ts":1.5,"msg":"a lo'}, 2]\n""",
        "line 1 is stored cut, 33 bytes as 21",
    ),
    Good(f"emitted: [a, '{'x' * 300_000}']\nfound: [1, {{of: 2, line: '{'x' * 262_144}'}}]\n"),
    Unjudged(
        f"emitted: ['{'x' * 300_000}']\nfound: [{{of: 1, line: '{'x' * 262_144}'}}]\n",
        NotApplicable("no line that was found is short enough for a store, see `logs/line-length`"),
    ),
    Bad(
        """emitted: ['{"ts":1.5,"msg":"a"}']\n"""
        """found: [{of: 1, at: 9, line: '{"_entry":"{\\"ts\\":1.5,\\"msg\\":\\"a\\"}"}'}]\n""",
        "the only line is stored with another text",
    ),
    Bad(EMITTED + "found: [{of: 1, line: a long message}, 2]\n", "line 1 is stored with another text"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/stages/output/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    # A line that no store keeps whole is reported by `logs/line-length`.
    if all(line.length > TOO_LONG for line, _ in found(delivery)):
        raise NotApplicable("no line that was found is short enough for a store, see `logs/line-length`")
    altered = [
        (line, entry.line)
        for match in delivery.matches
        for line, entry in zip(match.lines, match.altered, strict=False)
        if line.length <= TOO_LONG
    ]
    cut = [(line, text) for line, text in altered if line.text.startswith(text)]
    other = [line for line, text in altered if not line.text.startswith(text)]
    if cut:
        line, text = cut[0]
        lines = [line for line, _ in cut]
        yield Finding(
            f"{count(lines, len(delivery.lines))} {verb(lines, 'is', 'are')} stored cut, "
            f"{line.length:,} bytes as {len(text.encode()):,}",
            at(line),
            f"write less in one line, or raise `max_line_size` in {STORE} (and in `limits_config` of {delivery.agent})",
        )
    if other:
        yield Finding(
            f"{count(other, len(delivery.lines))} {verb(other, 'is', 'are')} stored with another text",
            at(other[0]),
            f"remove the stage of {delivery.agent} that rewrites lines: `output`, `replace`, `pack` or `multiline`",
        )
