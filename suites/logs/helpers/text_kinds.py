"""Recognises the plain text that gets between JSON log lines, with what keeps it out of them."""

import re
from typing import NamedTuple


class TextKind(NamedTuple):
    """A kind of plain text: the form of its first line, whether further lines belong to it, and how to fix it."""

    name: str
    pattern: re.Pattern[str]
    goes_on: bool
    hint: str


_UVICORN = "start uvicorn with `log_config=None` and let its loggers propagate to the JSON handler of the root logger"
_GO_LOG = (
    "hand the standard logger to zap: `zap.RedirectStdLog(logger)`, and `http.Server{ErrorLog: zap.NewStdLog(logger)}`"
)
_EXCEPT = (
    "log the exception as one line with its traceback in a field (`logger.exception(...)` with a JSON formatter), and "
    "for uncaught exceptions set `sys.excepthook` and `threading.excepthook` to do the same"
)
_PANIC = (
    "recover at the top of each goroutine and log the panic value and `debug.Stack()` as fields of one line at level "
    'error (`logger.Error("panic", zap.Any("error", p), zap.Stack("stacktrace"))`)'
)
_JAVA = "let the JSON encoder put the stack trace into a field, and set a default uncaught exception handler that logs"
_OTHER = "write it through the JSON logger, or to no log at all"

DOCKER_HEADER = "header of Docker's stream of standard output"
CRI = "prefix of a container runtime (CRI)"
_CRI = (
    "let the agent take it off (its stages `cri` and `docker`) before it reads the line, or log to a file that the "
    "runtime does not write"
)

TEXT_KINDS: tuple[TextKind, ...] = tuple(
    TextKind(name, re.compile(pattern), goes_on, hint)
    for name, pattern, goes_on, hint in (
        (CRI, r"[0-9-]{10}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5}) std(?:out|err) [FP]\b", False, _CRI),
        (DOCKER_HEADER, r"[\x01\x02]\x00{3}", False, _CRI),
        ("prefix of `docker compose logs`", r"[\w.-]{1,60} +\| ", False, "write them with `--no-log-prefix`"),
        ("Go panic", r"panic: |fatal error: |goroutine [0-9]+ \[|unexpected fault address", True, _PANIC),
        ("Python traceback", r"\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):", True, _EXCEPT),
        ("Python warning", r"\S+\.py:[0-9]+: \w*Warning: ", True, "call `logging.captureWarnings(True)` at start"),
        ("Java stack trace", r"Exception in thread \"|[\w.$]+(?:Exception|Error)(?:: .*)?\Z", True, _JAVA),
        ("Rust panic", r"thread '.*' panicked at ", True, "set a panic hook (`std::panic::set_hook`) that logs JSON"),
        ("Node.js error", r"(?:Uncaught )?\w*Error: |node:internal/|\(node:[0-9]+\)", True, _OTHER),
        ("uvicorn access line", r"INFO:\s+\S+:[0-9]+ - \"[A-Z]+ \S+ HTTP/", False, _UVICORN),
        ("uvicorn line", r"(?:INFO|WARNING|ERROR|CRITICAL):\s{2,}\S", True, _UVICORN),
        (
            "gunicorn line",
            r"\[[0-9-]{10} [0-9:]{8} [+-][0-9]{4}\] \[[0-9]+\] \[",
            False,
            "set gunicorn's `logger_class`",
        ),
        ("access log line", r"\S+ \S+ \S+ \[[0-9]{2}/\w{3}/[0-9]{4}:[^\]]{0,40}\] \"", False, _OTHER),
        ("Flask development banner", r" \* (?:Serving Flask|Running on|Debug mode|Debugger)", False, _OTHER),
        ("Gin line", r"\[GIN(?:-debug)?\]", False, "run Gin in release mode and use a zap middleware for its requests"),
        ("line of Go's standard logger", r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", False, _GO_LOG),
        ("klog line", r"[IWEF][0-9]{4} [0-9:.]{8,15}\s+[0-9]+ ", False, "use klog's JSON logging format"),
        ("syslog line", r"<[0-9]{1,3}>|[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} \S+ \S+?:", False, _OTHER),
        (
            "logfmt line",
            r"\w[\w.]{0,40}=(?:\"[^\"]{0,200}\"|\S{0,200})\s+\w[\w.]{0,40}=",
            False,
            "choose the JSON encoder",
        ),
        ("shell message", r"(?:/\S{0,80}/)?(?:ba|da|a|z)?sh: |exec \S{1,80}: |/\S{0,80}\.sh: line ", False, _OTHER),
        (
            "crash message",
            r"Segmentation fault|Killed\b|Aborted\b|SIG[A-Z]{3,5}\b|double free|core dumped",
            True,
            _PANIC,
        ),
        (
            "NUL bytes",
            r"\x00",
            False,
            (
                "open the log for appending (`>>`, `O_APPEND`): where a file is truncated under a writer that is not "
                "appending, as `copytruncate` does, a hole of zeros is left"
            ),
        ),
        ("HTML", r"(?i:<!doctype|<html|<head|<body)", True, _OTHER),
        ("JSON behind a prefix", r"[^{]{1,200}\{\"", False, "write nothing before the object: its fields say the rest"),
        (
            "startup banner",
            r" ?:: [\w ]+ ::|[\W_]{5,}\Z|[╔┌╭█▄▀]",
            True,
            "switch the banner off: its content belongs in one JSON line",
        ),
    )
)
"""The kinds by how telling their first line is."""

OTHER_TEXT = TextKind("plain text", re.compile(""), goes_on=False, hint=_OTHER)

_CONTINUES = re.compile(
    r"\s|[}\]]|\.\.\. [0-9]+ more|Caused by: |During handling of the above|The above exception was|created by |"
    r"exit status [0-9]|[\w.$/*()]+\(.*\)\Z|goroutine [0-9]+ \[|[\w.]+(?:Error|Exception|Interrupt|Exit)(?::|\Z)"
)

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def text_kind(text: str) -> TextKind:
    """The kind of plain text that a line begins; `OTHER_TEXT` where none is recognised."""
    bare = without_colours(text)
    return next((kind for kind in TEXT_KINDS if kind.pattern.match(bare)), OTHER_TEXT)


def continues(text: str) -> bool:
    """Whether a line looks like the continuation of the one before it: indented, or a frame of a stack."""
    return _CONTINUES.match(without_colours(text)) is not None


def without_colours(text: str) -> str:
    """`text` without ANSI escape sequences, cut to what recognising needs."""
    return _ANSI.sub("", text[:2000]) if "\x1b" in text[:2000] else text[:2000]
