"""Expositions with one fault, and faults that only several scrapes show: as `endpoint_kinds`, by kind."""

from collections.abc import Callable

from tests.metrics.endpoint_kinds import LINES, Kind, Scripted, http, openmetrics, until_closed

COUNTER = "# HELP app_done_total Jobs that were done.\n# TYPE app_done_total counter\n"
GAUGE = "# HELP app_size Jobs by size.\n# TYPE app_size gauge\n"
HISTOGRAM = "# HELP app_time_seconds Time per job.\n# TYPE app_time_seconds histogram\n" + "".join(
    f'app_time_seconds_bucket{{le="{bound}"}} 1\n' for bound in ("0.1", "0.5", "1.0", "+Inf")
)
WHOLE = LINES + HISTOGRAM + "app_time_seconds_sum 1\napp_time_seconds_count 1\n"


def cut(body: str, after: str) -> str:
    """The body up to and with some text."""
    return body[: body.index(after) + len(after)]


def each(body: Callable[[int], str]) -> "Scripted":
    """An endpoint whose exposition depends on the number of the scrape."""
    return lambda _, number: http(LINES + body(number))


BODIES = {
    **{
        f"cut after {after!r}": Kind(until_closed(cut(WHOLE, after)), "text-final-line-feed", "in the middle of a line")
        for after in ('_bucket{le="0', '{le="0.5"} ', "# TYPE app_time_seconds histo")
    },
    **{
        f"openmetrics cut after {after!r}": Kind(
            openmetrics(cut(WHOLE, after)), "openmetrics-eof", "the last line is not `# EOF`"
        )
        for after in ('_bucket{le="0', '{le="0.5"} 1\n', "# TYPE app_time_seconds histo", "_seconds_sum 1\n")
    },
    "no bucket +Inf, nor count": Kind(cut(WHOLE, 'le="1.0"} 1\n'), "histogram-inf-bucket"),
    "glued": Kind(LINES + COUNTER + "app_done_total 1\n" + LINES, "metadata-once", "(2 times, first at line 10)"),
    "glued openmetrics": Kind(openmetrics(2 * (LINES + "# EOF\n")), "openmetrics-eof", "7 lines after `# EOF`"),
    "glued without metadata": Kind(LINES + "a_x 1\na_y 1\na_x 1\n", "duplicate-series", "series `a_x`"),
    "interleaved": Kind(
        LINES + "".join(f'{name}{{q="{q}"}} 1\n' for q in "123" for name in ("a_x", "a_y")),
        "families-contiguous",
        "4 times",
    ),
    "gauge and counter of go": Kind(
        openmetrics("# TYPE go_a gauge\ngo_a 1\n# TYPE go_a counter\ngo_a_total 5\n# EOF\n"),
        "openmetrics-family-names-unique",
        "gauge `go_a` and counter `go_a` are two metric families of one name",
    ),
    "a series twice": Kind(each(lambda n: f"{COUNTER}app_done_total {n + 5}\napp_done_total 1\n"), "duplicate-series"),
    "a series twice, at times": Kind(each(lambda n: COUNTER + "app_done_total 9\n" * (n % 2 + 1)), "duplicate-series"),
    "a histogram twice": Kind(WHOLE + HISTOGRAM.split("\n", 2)[2].replace("} 1", "} 4"), "duplicate-series"),
    "\\n\\r": Kind(LINES.replace("\n", "\n\r"), "line-feeds-only", "begins with a carriage return (6 times"),
    "\\r": Kind(LINES.replace("\n", "\r"), "line-feeds-only", "in place of a line feed (6 times"),
    "\\r\\n": Kind(LINES.replace("\n", "\r\n"), "line-feeds-only", "ends with a carriage return (6 times"),
    "\\r\\r\\n": Kind(LINES.replace("\n", "\r\r\n"), "line-feeds-only"),
    "\\n\\r in openmetrics": Kind(openmetrics((LINES + "# EOF\n").replace("\n", "\n\r")), "line-feeds-only"),
    "\\r in openmetrics": Kind(openmetrics((LINES + "# EOF\n").replace("\n", "\r")), "line-feeds-only"),
    "backslash n": Kind(LINES.replace("\n", "\\n"), "not-empty", "has no sample"),
    **{
        f"label {value!r}": Kind(
            LINES.replace("app_jobs 3", f'app_jobs{{q="{value}"}} 3'), "escapes", "label `q` contains"
        )
        for value in (
            "a\nb",
            "a\n\nb\n",
            "a\n# b",
            "a\napp_jobs 4",
            "a\r\nb",
            '{\n  "a": 1\n}',
            "\n".join(map(str, range(30))),
            'Traceback:\n  File \\"a.py\\", line 1\nError: x',
            'Traceback:\n  File "a.py", line 1\nError: x',
        )
    },
    "two labels": Kind(LINES.replace("app_jobs 3", 'app_jobs{q="a\nb",r="c\nd"} 3'), "escapes", "label `q` contains"),
    "a label in openmetrics": Kind(
        openmetrics(LINES.replace("app_jobs 3", 'app_jobs{q="a\nb"} 3') + "# EOF\n"), "escapes", "a line feed"
    ),
    "no closing quote": Kind(LINES + 'a_x{q="a} 1\na_x{q="b} 1\n', "parsable", "is not closed, at column 7 (2 times"),
    "help before a quoted name": Kind(LINES + '# TYPE "a x" gauge\n# HELP "a x" Jobs.\n{"a x"} 1\n'),
    "help before odd blanks": Kind(LINES + '# TYPE a_x gauge\n# HELP a_x Jobs.\na_y { q = "1" }\t1 \n'),
    "help": Kind(LINES.replace("Jobs that", "Jobs\n\nthat"), "escapes", "HELP text of `app_jobs` contains a line feed"),
    **{
        f"value {word}": Kind(
            f"{LINES.replace(' 3', f' {word}').replace('} 1', f'}} {word}')}", "numbers", f"`{word}` in a"
        )
        for word in ("None", "null", "true", "1,5", "0x10", "N/A", "3ms", "%!d(float64=3)", "-", "1_000")
    },
    "no value": Kind(LINES.replace(" 3", "").replace("} 1", "} "), "parsable", "a sample without a value"),
    "one bad value": Kind(LINES.replace(" 3", " N/A"), "numbers"),
    "error line": Kind("error: no such file\n", "parsable", "a line that is neither a sample nor a comment"),
    "traceback": Kind(
        LINES + 'Traceback (most recent call last):\n  File "a.py", line 1\nError: x\n', "parsable", "(3 times"
    ),
    "json": Kind('{"status": "UP"}', "parsable", "a JSON document"),
    "json lines": Kind('{"a": 1}\n{"b": 2}\n', "parsable", "one object per line"),
    "graphite": Kind("app.jobs 3 1700000000\n", "parsable", "in the line format of Graphite"),
    "influx": Kind("app_jobs,queue=mail value=3 1700000000000000000\n", "parsable", "of InfluxDB"),
    "statsd": Kind("app.jobs:3|g\n", "parsable", "of StatsD"),
    "utf-16": Kind(http(LINES.encode("utf-16")), "parsable", "the body is text in UTF-16"),
    "text as openmetrics": Kind(
        http(LINES + COUNTER + "app_done_total 1\n", "application/openmetrics-text; version=0.0.1;charset=ISO-8859-1"),
        "openmetrics-eof",
        "the body is in the text format, but is sent as OpenMetrics",
    ),
    "openmetrics as text": Kind(
        LINES + "# TYPE app_done counter\napp_done_total 1 # {trace_id='a'} 1\n".replace("'", '"'), "parsable", "exempl"
    ),
    "a part as a gauge": Kind(
        WHOLE + "# HELP app_time_seconds_count Jobs.\n# TYPE app_time_seconds_count gauge\napp_time_seconds_count 2\n",
        "duplicate-series",
    ),
    "pdf": Kind("%PDF-1.4\n1 0 obj\n", "parsable", "a PDF document"),
    "pong": Kind("pong", "parsable", "without a value"),
    "nothing": Kind("", "not-empty", "the body is empty"),
}

TIMES = {
    "falls": Kind(each(lambda n: f"{COUNTER}app_done_total {1000 - n}\n"), "counters-never-fall", "fell from"),
    "falls later": Kind(
        each(lambda n: f"{COUNTER}app_done_total {99 if n < 4 else 5}\n"), "counters-never-fall", "99 to 5"
    ),
    "falls once": Kind(
        each(lambda n: f"{COUNTER}app_done_total {5 if n == 7 else 99}\n"), "counters-never-fall", "99 to 5"
    ),
    "two workers": Kind(
        each(lambda n: f"{COUNTER}app_done_total {(700, 300)[n % 2]}\n"), "counters-never-fall", "700 to 300"
    ),
    "three workers": Kind(each(lambda n: f"{COUNTER}app_done_total {(7, 8, 3)[n % 3]}\n"), "counters-never-fall"),
    "restart": Kind(
        each(lambda n: f"{COUNTER}app_done_total {99 - n // 4}\nprocess_start_time_seconds {1.7e9 + n // 4}\n")
    ),
    "grows": Kind(each(lambda n: f"{COUNTER}app_done_total {n}\n")),
    "type": Kind(
        each(lambda n: f"{GAUGE}app_size 1\n" if n % 2 else f"{GAUGE}app_size 1\n".replace(" gauge", " untyped")),
        "types-do-not-change",
        "the type of `app_size` changed from",
    ),
    "new gauge": Kind(each(lambda n: f'{GAUGE}app_size{{n="{n}"}} 1\n'), "series-not-new-every-time", "8 of 8 scrapes"),
    "new counter": Kind(each(lambda n: f'{COUNTER}app_done_total{{n="{n}"}} 1\n'), "series-not-new-every-time"),
    "more each time": Kind(
        each(lambda n: COUNTER + "".join(f'app_done_total{{n="{i}"}} 1\n' for i in range(n))),
        "series-not-new-every-time",
    ),
    "one new series": Kind(each(lambda n: GAUGE + "".join(f'app_size{{n="{i}"}} 1\n' for i in range(1 + (n > 4))))),
}

KINDS = {
    f"{group}: {name}": kind for group, kinds in (("body", BODIES), ("time", TIMES)) for name, kind in kinds.items()
}
