"""Log lines of every kind that services write, and of some that they should not: seeded, so the same each time."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

LEVELS = ["debug", "info", "warn", "warning", "error", "critical", "INFO", "Error", "dpanic", "verbose", "", 30, None]
WORDS = [
    "cache miss",
    "user signed in",
    "späte Antwort",
    "日本語のログ",
    "emoji 🚀",
    "tab\there",
    'quote " inside',
    "<b>&</b>",
]
MILLISECONDS = "<ms>"
Make = Callable[[random.Random, float], str]


def _iso(at: float, digits: int = 6) -> str:
    text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text[: 20 + digits] + "Z" if digits else text[:19] + "Z"


def _ids(rng: random.Random) -> dict[str, object]:
    chosen: dict[str, object] = {}
    if rng.random() < 0.6:
        chosen["request_id"] = f"req-{rng.randrange(10**6)}"
    if rng.random() < 0.3:
        chosen["trace_id"] = f"{rng.getrandbits(128):032x}"
    if rng.random() < 0.1:
        chosen["span_id"] = rng.choice(["", None, 17, 1.5, True, ["a", 1], "ab�cd", "\ud800", "é"])
    return chosen


def zap(rng: random.Random, at: float) -> str:
    fields = {
        "level": rng.choice(LEVELS),
        "ts": at,
        "caller": "server/http.go:42",
        "msg": rng.choice(WORDS),
        **_ids(rng),
    }
    return json.dumps(fields, ensure_ascii=rng.random() < 0.5)


def structlog(rng: random.Random, at: float) -> str:
    written = rng.choice(
        [_iso(at), _iso(at, 3), _iso(at, 0), datetime.fromtimestamp(at, timezone(timedelta(hours=2))).isoformat()]
    )
    fields = {
        "timestamp": written,
        "level": rng.choice(LEVELS),
        "event": rng.choice(WORDS),
        "logger": "db",
        **_ids(rng),
    }
    return json.dumps(fields)


def ecs(rng: random.Random, at: float) -> str:
    fields: dict[str, object] = {"@timestamp": _iso(at, 3), "message": rng.choice(WORDS), "ecs.version": "8.11"}
    if rng.random() < 0.5:
        fields |= {"log.level": rng.choice(LEVELS), "trace.id": f"{rng.getrandbits(64):x}", "http.request.id": "r1"}
    else:
        fields |= {"log": {"level": rng.choice(LEVELS)}, "http": {"request": {"id": f"r{rng.randrange(99)}"}}}
    return json.dumps(fields)


def other(rng: random.Random, at: float) -> str:
    """Lines of further presets, and of such as are nearly one."""
    clock = datetime.fromtimestamp(at, UTC)
    level, identity = rng.choice([*LEVELS, "INFO+2", "Information", "ftl", "E", "notice", "loud"]), rng.randrange(10**6)
    number = rng.choice([10, 20, 30, 35, 40, 50, 60, 9, 17, 24])
    record = {
        "timeUnixNano": str(int(at * 1e9)),
        "severityNumber": number,
        "body": {"stringValue": "m"},
        "traceId": f"{identity:032x}",
    }
    key = rng.choice(["time", "ts", "t", "timestamp"])
    written = rng.choice([_iso(at), f"{at:.3f}", str(int(at * 1000)), "soon"])
    return rng.choice(
        [
            json.dumps({"level": number, "time": int(at * 1000), "pid": 1, "msg": "m", "reqId": f"req-{identity}"}),
            json.dumps(
                {"level": level, "time": rng.choice([int(at * 1e6), int(at * 1e9), _iso(at, 3)]), "message": "m"}
            ),
            json.dumps(
                {"@t": _iso(at), "@mt": "m", **({"@l": level} if rng.random() < 0.5 else {}), "@tr": f"{identity:x}"}
            ),
            json.dumps(
                {"Timestamp": _iso(at, 3), "LogLevel": level, "Message": "m", "State": {"RequestId": f"{identity}"}}
            ),
            json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}),
            json.dumps(
                {"resourceLogs": rng.choice([[], {}, [{"scopeLogs": []}], "x"]), "timeUnixNano": record["timeUnixNano"]}
            ),
            json.dumps(
                {"text": "m", "record": {"level": {"name": "SUCCESS"}, "time": {"timestamp": at, "repr": str(clock)}}}
            ),
            json.dumps({"time_local": clock.strftime("%d/%b/%Y:%H:%M:%S +0000"), "request": "GET /", "status": 200}),
            json.dumps({"msec": f"{at:.3f}", "request_id": f"{identity:x}"}),
            f"{rng.choice('IWEF')}{clock:%m%d %H:%M:%S.%f}       1 main.go:{identity}] message",
            f'I{clock:%m%d %H:%M:%S.%f}       1 main.go:7] "Pod \\"x\\"" pod="a/b" request_id={identity}',
            f"I{clock:%m%d %H:%M:%S}.1 main.go:7] no header",
            f'{key}={written} level={level} msg="a \\"b\\" c" request_id=r-{identity}',
            f'level={level} {key}="{written}" err= traceID={identity:x} spanID="" flag other',
            f'{key}={written} lvl={level} msg="bell \\x07" request_id=lost-{identity}',
            f'{key}={written} msg="never closed level={level}',
            f'{key}={written} a"b=c level={level}',
            f" {key}={written} level={level} with a blank before",
        ]
    )


def odd_time(rng: random.Random, at: float) -> str:
    value = rng.choice(
        [
            int(at),
            MILLISECONDS,
            str(at),
            f"{at:.9f}",
            -1,
            0,
            1.5,
            None,
            True,
            "",
            "yesterday",
            [at],
            {"s": at},
            _iso(at)[:-1],
            _iso(at) + "x",
            _iso(at, 0).replace("T", " "),
            _iso(at).replace(".", ","),
            _iso(at).lower(),
            _iso(at)[:-1] + "+0200",
            _iso(at)[:-1] + "-07:30",
            _iso(at)[:-1] + "+99:00",
            _iso(at, 0)[:-3] + "60Z",
            "2026-02-30T00:00:00Z",
            "2026-11-24T5:00:00Z",
            "2026-11-24",
            f"{int(at)}.123456789",
            f"{int(at)}.1234567891",
            f"{int(at)}.",
            f"{int(at)}e0",
            _iso(at - 10 * 86400),
            _iso(at + 86400),
            int(at - 10 * 86400),
            int(at + 86400),
            _iso(at - 7200),
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            " " + _iso(at),
            datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00"),
        ]
    )
    return json.dumps(
        {"level": "info", rng.choice(["ts", "timestamp", "@timestamp"]): value, "n": rng.randrange(10**9)}
    )


def plain(rng: random.Random, at: float) -> str:
    return rng.choice(
        [
            "panic: runtime error: index out of range [5] with length 3",
            "goroutine 1 [running]:",
            "",
            " ",
            "\tmain.go:12 +0x1d",
            "Traceback (most recent call last):",
            '  File "x.py", line 3, in <module>',
            "\x1b[31mERROR\x1b[0m red",
            f"127.0.0.1 - - [{_iso(at)}] GET /x HTTP/1.1 200",
            "level=info msg=logfmt ts=1",
            "null",
            "[]",
            "42",
            '"text"',
            "{}",
            "true",
            "line with \r carriage return\r",
            "nul \x00 byte",
            "\x0b\x0c",
            "�",
            "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
            "e\u0301",
            "\u2028",
            "{{ .Value }}",
            "${HOME}",
        ]
    ) + rng.choice(["", f" {rng.randrange(10**6)}"])


def broken(rng: random.Random, at: float) -> str:
    whole = zap(rng, at)
    return rng.choice(
        [
            whole[: rng.randrange(1, len(whole))],
            whole + whole,
            whole + " trailing",
            "x" + whole,
            "  " + whole + "  ",
            whole.replace('"msg"', '"ts": NaN, "msg"'),
            whole.replace('"msg"', '"n": 01, "msg"'),
            "\ufeff" + whole,
            whole.replace('"msg"', '"level": "warn", "msg"'),
            whole.replace('"msg"', '"raw": "a\tb", "msg"'),
            whole.replace('"msg"', '"raw": "a\\n\x01b", "msg"'),
            whole.replace('"msg"', '"n": 1e999, "msg"'),
            whole.replace('"msg"', '"n": -0, "big": 123456789012345678901234567890, "msg"'),
            whole.replace(",", ",,"),
            whole.replace('"msg"', '"bad": "\\x", "msg"'),
            whole.replace('"msg"', '"half": "\\ud83d", "msg"'),
            "{" * 50,
            "[" * 500,
            whole.replace('"level"', '"LEVEL"'),
            whole.replace("{", "{,", 1),
            whole.replace('"', "'"),
            whole.replace("}", ",}"),
        ]
    )


def long(rng: random.Random, at: float) -> str:
    size = rng.choice([2_000, 20_000, 262_100, 262_144, 262_145, 300_000])
    filler = rng.choice(["x", "é"])
    return json.dumps(
        {"level": "info", "ts": at, "request_id": "long", "msg": filler * (size // len(filler.encode()))},
        ensure_ascii=False,
    )


def not_utf8(rng: random.Random, at: float) -> bytes:
    whole = zap(rng, at).encode("utf-8", "replace")
    return rng.choice(
        [
            b"\xff\xfe",
            whole.replace(b'"msg"', b'"raw": "a\xffb", "msg"'),
            whole.replace(b"req-", b"req\xc3-"),
            b"caf\xe9 " + whole,
        ]
    )


MAKERS: list[tuple[Make, int]] = [
    (zap, 30),
    (structlog, 25),
    (ecs, 15),
    (other, 40),
    (odd_time, 10),
    (plain, 10),
    (broken, 10),
]


def lines(seed: int, count: int, start: float, *, heavy: bool) -> list[bytes]:
    """Return `count` lines whose own times run over 15 minutes from `start` (seconds since 1970).

    The first has a time, so that what follows has one to follow. `heavy` adds long lines, bytes that are no UTF-8 and
    epoch times in milliseconds.
    """
    rng = random.Random(seed)  # noqa: S311  # test data, not a secret
    makers, weights = zip(*MAKERS, strict=True)
    made = [zap(rng, start).encode("utf-8", "replace")]
    for number in range(1, count):
        at = round(start + 900 * number / count + rng.uniform(-2, 2), rng.choice([0, 3, 6, 7]))
        if heavy and rng.random() < 0.02:
            made.append(long(rng, at).encode())
        elif heavy and rng.random() < 0.03:
            made.append(not_utf8(rng, at))
        else:
            text = rng.choices(makers, weights)[0](rng, at)
            # Read as seconds this is the year 56000: a pipeline without a guard then loses whole batches.
            text = text.replace(f'"{MILLISECONDS}"', str(int(at * 1000)) if heavy else "0")
            made.append(text.encode("utf-8", "replace"))
    return [line.replace(b"\n", b" ") for line in made]
