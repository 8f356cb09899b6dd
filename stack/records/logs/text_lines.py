"""Lines with fields that are no JSON: logfmt (`level=info msg="a b"`) and klog's header.

Sources: https://pkg.go.dev/github.com/go-logfmt/logfmt (of `key`, `key=` and `key="…"`, the last with Go's escapes),
https://pkg.go.dev/k8s.io/klog/v2
"""

import ast
import json
import re
from collections.abc import Callable, Mapping

_PAIR = re.compile(
    r'[\x00-\x20]*(?P<key>[^\x00-\x20="]+)(?:=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\x00-\x20="]*)))?'
)
_END = re.compile(r"[\x00-\x20]*\Z")
_KLOG = re.compile(
    r"(?P<severity>[IWEF])(?P<time>[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,6}) +(?P<thread>[0-9]+) "
    r"(?P<source>[^\s\]]+:[0-9]+)\] ?(?P<rest>.*)",
    re.DOTALL,
)
_GO_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\(?:[av]|x[0-9a-f]{2}|U000[0-9a-f]{5})")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?= |\Z)')


def pairs(text: str, *, strict: bool = False) -> tuple[dict[str, str], bool]:
    """The pairs of a logfmt line, up to its end or to what breaks its syntax (then False).

    A key without a value has an empty one, and of equal keys the last counts. `strict` is as in `unquoted`.
    """
    found: dict[str, str] = {}
    at = 0
    while not _END.match(text, at):
        pair = _PAIR.match(text, at)
        if pair is None or (pair.end() < len(text) and text[pair.end()] > " "):
            return found, False
        quoted = pair["quoted"]
        value = (pair["bare"] or "") if quoted is None else unquoted(quoted, strict=strict)
        if value is None:
            return found, False
        found[pair["key"]] = value
        at = pair.end()
    return found, True


def keys_of(text: str) -> list[str]:
    """The keys of a logfmt line, or behind the message of a klog line, in order and as often as they are there."""
    if (header := _KLOG.fullmatch(text)) and (message := _QUOTED.match(header["rest"])):
        text = header["rest"][message.end() :]
    return [pair["key"] for pair in _PAIR.finditer(text)]


def unquoted(text: str, *, strict: bool = False) -> str | None:
    r"""What stands between quotes, its escapes resolved; None for one that does not exist.

    go-logfmt reads JSON's escapes (`strict`), its writers in Go write Go's: `\a`, `\x1b`, `\U0001f680`.
    """
    if "\\" not in text:
        return text
    if not strict:
        text = _GO_ESCAPE.sub(lambda found: json.dumps(ast.literal_eval(f'"{found[0]}"'))[1:-1], text)
    try:
        value: str = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return None
    return value


def logfmt(text: str) -> dict[str, str] | None:
    """The fields of a logfmt line; None for one that does not begin with `key=`, or breaks off."""
    found, whole = pairs(text)
    return found if whole and begun(text) is not None else None


def klog(text: str) -> dict[str, str] | None:
    """The fields of a klog line: its header's, `message`, and the pairs of a structured one; None for another line."""
    header = _KLOG.fullmatch(text)
    if header is None:
        return None
    fields = {name: header[name] for name in ("severity", "time", "thread", "source")}
    message = header["rest"]
    further: dict[str, str] = {}
    if (quoted := _QUOTED.match(message)) and (resolved := unquoted(quoted[1])) is not None:
        further, _ = pairs(message[quoted.end() :])
        message = resolved
    return {**further, **fields, "message": message}


def begun(text: str) -> dict[str, str] | None:
    """The pairs of a line that begins as logfmt, up to where go-logfmt gives up; None for another one."""
    first = _PAIR.match(text)
    if first is None or first.start("key") or (first["quoted"] is None and first["bare"] is None):
        return None
    return pairs(text, strict=True)[0]


READERS: Mapping[str, Callable[[str], dict[str, str] | None]] = {"logfmt": logfmt, "klog": klog}
"""By the syntax of a line: what reads its fields."""
