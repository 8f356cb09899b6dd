"""Plain text between log lines is recognised by its first line, and its further lines belong to it."""

import pytest

from stack.records.logs.stream import LogStream
from suites.logs.helpers.blocks import blocks

JSON = '{"level":"info","ts":1795500000.5,"msg":"ready"}\n'

TEXTS = {
    "Go panic": "panic: runtime error: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:7 +0x1\nexit status 2\n",
    "Python traceback": 'Traceback (most recent call last):\n  File "a.py", line 1\n    f()\nKeyError: 1\n',
    "Python warning": "/app/a.py:7: DeprecationWarning: old\n  f()\n",
    "Java stack trace": 'Exception in thread "main" a.Error: x\n\tat A.main(A.java:1)\nCaused by: B\n\t... 3 more\n',
    "Rust panic": "thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\n",
    "uvicorn access line": 'INFO:     127.0.0.1:50412 - "GET / HTTP/1.1" 200 OK\n',
    "uvicorn line": "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n",
    "gunicorn line": "[2026-11-24 06:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0\n",
    "access log line": '10.0.0.1 - - [24/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 2 "-" "curl"\n',
    "Flask development banner": " * Serving Flask app 'a'\n",
    "Gin line": '[GIN] 2026/11/24 - 06:00:00 | 200 | 1ms | 10.0.0.1 | GET "/"\n',
    "line of Go's standard logger": "2026/11/24 06:00:00 http: superfluous response.WriteHeader call\n",
    "klog line": "I1124 06:00:00.123456       1 main.go:7] started\n",
    "logfmt line": 'level=info msg="a b" ts=1\n',
    "shell message": "sh: 1: exec: not found\n",
    "crash message": "Segmentation fault (core dumped)\n",
    "HTML": "<html>\n<body>502</body>\n</html>\n",
    "startup banner": "  ____  \n |  _ \\ \n",
    "plain text": "listening on port 8080\n",
    "JSON within ANSI colours": '\x1b[32m{"level":"info"}\x1b[0m\n',
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_kind_of_text_is_one_block_with_its_name(name: str) -> None:
    text = TEXTS[name]
    found = LogStream.parse(JSON + text + JSON).derived(blocks)
    assert [(block.name, block.owner, block.lines, block.first.number) for block in found] == [
        (name, "text", text.count("\n"), 2)
    ]


def test_two_kinds_in_a_row_are_two_blocks() -> None:
    text = TEXTS["Python traceback"] + TEXTS["uvicorn access line"]
    assert [block.name for block in LogStream.parse(text).derived(blocks)] == [
        "Python traceback",
        "uvicorn access line",
    ]


def test_frames_after_a_line_belong_to_no_text_but_to_that_line() -> None:
    (block,) = LogStream.parse(JSON + "\tat A.f(A.java:1)\n\tat B.g(B.java:2)\n" + JSON).derived(blocks)
    assert (block.owner, block.lines, block.before and block.before.number) == ("multiline", 2, 1)


def test_each_line_without_an_object_has_exactly_one_owner() -> None:
    text = "".join(JSON + each for each in TEXTS.values()) + '{\n "a": 1\n}\n[1]\n\n{"a":\n'
    stream = LogStream.parse(text)
    lost = sum(line.record is None for line in stream.lines)
    assert sum(block.lines for block in stream.derived(blocks)) == lost
