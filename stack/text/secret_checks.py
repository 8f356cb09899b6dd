"""What tells secrets from lookalikes that a pattern alone cannot: checks named in `schemas/secret-kinds.yaml`.

Each takes the match of a kind's pattern, whose last matched group is the suspected secret.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from re import Match

from stack.text.generated import is_generated

Check = Callable[[Match[str]], bool]

_PLACEHOLDER = re.compile(
    r"[*x.•#_-]+|[<\[({%$].*|@(?:file|/.*)|x:\d+:.*|\w+\(.*|(?:os\.environ|process\.env|ENV)[.\[].*|\S*\*{3,}\S*|\S*x{12,}|&?(?:str|string|int|"
    r"bytes|bool|any|object|text)[!?]?|(?:\[?masked|redacted|hidden|filtered|removed|sanitized|sensitive|elided|omitted|"
    r"obfuscated|encrypted)\b.*|secret|passw(?:or)?d\]?|token|credentials?|null|none|nil|todo|tbd|fixme|example|"
    r"placeholder|true|false|empty|"
    r"undefined|n/a|missing|required|optional|invalid|valid|incorrect|correct|wrong|weak|strong|expired?|changed?|"
    r"reset|updated?|rotated|rejected|accepted|denied|failed|failure|success|successful|ok|unset|set|yes|no|"
    r"mismatch|match|matches|unknown|default|disabled|enabled|blank|plain(?:text)?|not|for|is|was|has|must|should|"
    r"cannot|too|policy|check|length|min|max|(?:hmac[_-]?)?sha-?[0-9]{1,3}(?:[_-][0-9]{3})?|md5|bcrypt|scrypt|"
    r"scrypt:[0-9:]+|(?:\\*u(?:2022|25cf|002a))+|argon2i?d?|pbkdf2(?:[_-]\w+)?|scram-sha-[0-9]+|crypt",
    re.IGNORECASE | re.DOTALL,
)
"""A mask, a variable, a call, a word about the value, or the name of an algorithm: anything but the value itself."""

_POLICY = re.compile(
    r"(?:must|should|cannot|can't|not|is|are|at|most|too|required?|invalid|incorrect|wrong|short|"
    r"long|characters?|digits?|letters?|uppercase|lowercase|minimum|maximum|contains?|match(?:es)?|fields?|blank|"
    r"empty|length|policy|expired|common|weak|least|one|special|symbols?|reset|for|user|attempts?|of|min|max|the|your|to|in|password)[.,:]?",
    re.IGNORECASE,
)

_SECRET_NAME = re.compile(
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[a-z]+(?:[-_./][a-z0-9]+)*[-_.](?:passw(?:or)?d|secrets?|credentials?|tokens?|"
    r"keys?|pwd)|//.*|(?:/[\w.-]+){2,}|(?:ref\+)?(?:vault|env|file|arn|ssm|op|secretsmanager|awssm|gcpsm|azurekv|sops|"
    r"https?):.*|projects/.*/secrets/.*"
)
"""Where a secret is kept, not the secret: an environment variable, a path, the name in a secret store."""

_NAME = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[-_./](?:[A-Z]?[a-z]+|[A-Z]+|v?[0-9]{1,4}))+")
_MIXED = re.compile(
    r"[A-Za-z][0-9]|[0-9][A-Za-z]|[A-Za-z][!$#%&*@^][A-Za-z]|[A-Za-z]{2}[._-][0-9]+[._-][A-Za-z]|[a-z][._-][0-9]+\Z"
)
"""Digits or special signs among letters, as in a password that has to have them."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ]|\Z)")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def _secret(match: Match[str]) -> str:
    return match[match.lastindex or 0].strip("\\\"' ,")


LINES_APART = "\0"
"""What is between two lines that are searched together: what is beyond it tells nothing of a secret."""


def _before(match: Match[str], length: int = 40) -> str:
    return match.string[max(0, match.start() - length) : match.start()].rpartition(LINES_APART)[2]


def has_digit(match: Match[str]) -> bool:
    """Whether the value contains a digit, as nearly every generated token does and a word does not."""
    return any(sign.isdigit() for sign in _secret(match))


def letters_and_digits(match: Match[str]) -> bool:
    """Whether the value is spelled out and mixes letters with digits or special signs, as prose does not."""
    value = _secret(match)
    return spelled_out(match) and any(map(str.isalpha, value)) and _MIXED.search(value) is not None


def machine_made(match: Match[str]) -> bool:
    """Whether a value looks generated: neither a mask nor a name, and not made of words."""
    return _machine_made(_secret(match))


def _machine_made(value: str) -> bool:
    letters = sum(sign.isalpha() for sign in value)
    names = (_PLACEHOLDER, _SECRET_NAME, _NAME)
    if not letters or _DATE.match(value) or any(pattern.fullmatch(value) for pattern in names):
        return False
    if letters == len(value) and (len(value) < 12 or value == value.lower() or value == value.upper()):
        return False
    return is_generated(value)


def spelled_out(match: Match[str]) -> bool:
    """Whether the value itself is there: not a mask, a variable, a word about it or the name of a secret."""
    value = _secret(match)
    return bool(value) and not _PLACEHOLDER.fullmatch(value) and not _SECRET_NAME.fullmatch(value)


def password(match: Match[str]) -> bool:
    """Whether the value of a key such as `password` is one, and neither a policy nor prose about passwords."""
    value, group = _secret(match), match.lastindex or 0
    if not spelled_out(match) or not any(map(str.isalnum, value)):
        return False
    words = re.split(r"[\s_-]+", value)
    policy = sum(_POLICY.fullmatch(word) is not None for word in words)
    if len(words) > 1 and policy >= max(2 if " " in value else 1, len(words) / 3) and not _MIXED.search(value):
        return False
    between = match.string[match.start() : match.start(group)].rstrip("\\\"'(")
    if between.endswith(("is ", "was ")):
        return letters_and_digits(match)
    if between[-1:].isspace():
        if between.rstrip()[-1:] not in {":", "=", ">", "[", "]"}:  # an option of a command, or SQL
            before = _before(match)
            if before.rpartition(" ")[2].startswith("-"):
                return not value.isupper() or not value.isalpha()  # not `--password PASSWORD` of a usage line
            if _GIVEN.search(before):
                return letters_and_digits(match) or "login" in before
            return match.string[match.start(group) - 1] in "\"'"
        quoted = match.string[match.start(group) - 1] in "\"'"
        if not quoted and value.isalpha() and re.match(r"\s+[\w/]", match.string[match.end() : match.end() + 8]):
            return False  # prose: `password: at least 12 characters`
    return True


_GIVEN = re.compile(r"\b(?:with|using|new|temporary|initial|default|generated|its|login \S+)\s{1,2}\Z", re.IGNORECASE)
"""What is before `password`, after which it is stated in prose, or in a line of `.netrc`."""

_NO_CREDENTIAL = re.compile(
    r"(?:next|prev|page|paging|pagination|continu\w*|sync|cancel\w*|cursor|resume|start|end|skip|idempotency|csrf|xsrf|"
    r"max|client_request|change|watch|fencing|lex\w*|unexpected|parse\w*|near|of)[\s_.-]?\Z",
    re.IGNORECASE,
)


def credential(match: Match[str]) -> bool:
    """Whether the value of a key such as `token` or `apiKey` gives access: a cursor or a name does not."""
    value, quoted = _secret(match), match.string[match.start(match.lastindex or 0) - 1] in "\"'"
    named = match[0][:6].lower() != "secret" and _NO_CREDENTIAL.search(_before(match))
    if len(value) < (8 if quoted else 16) or named:
        return False
    between = match.string[match.start() : match.start(match.lastindex or 0)]
    if re.fullmatch(r"[\w-]+\s{1,2}\\*[\"']?", between) and not _before(match).rpartition(" ")[2].startswith("-"):
        return False  # prose: a value after a blank is one only on a command line
    return _machine_made(value)


def session(match: Match[str]) -> bool:
    """Whether the value is a session's secret; a UUID is only its name."""
    return _UUID.fullmatch(_secret(match)) is None and machine_made(match)


_NO_SESSION = re.compile(r"_g(?!itlab)|__utm|_hj|_pk_|path|domain|expires|max-age|samesite", re.IGNORECASE)


def cookie(match: Match[str]) -> bool:
    """Whether one of the cookies of a header is a session's: long, generated, and not of web analytics."""
    for part in re.split(r"[;,]", _secret(match)):
        name, _, value = re.sub(r"\\*[\"']\s?:\s?", "=", part).strip("\\\"' ").partition("=")
        value = value or name
        if len(value) >= 16 and " " not in value and not _NO_SESSION.match(name) and _machine_made(value.strip('\\"')):
            return True
    return False


def basic(match: Match[str]) -> bool:
    """Whether the value decodes to `user:password` (RFC 7617), or to the same between NULs (RFC 4616)."""
    value = _secret(match)
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    user, between, password = decoded.lstrip("\0").replace("\0", ":").partition(":")
    return bool(between and password) and (user + password).isprintable()


def jwk(match: Match[str]) -> bool:
    """Whether the value is the private part `d` of a JSON Web Key (RFC 7517): its type `kty` is near."""
    after = match.string[match.end() : match.end() + 2048].partition(LINES_APART)[0]
    return "kty" in _before(match, 2048) or "kty" in after


_ISSUERS: tuple[tuple[re.Pattern[str], range | tuple[int, ...]], ...] = (
    (re.compile(r"4"), (16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),  # Discover
    (re.compile(r"352[89]|35[3-8]"), (16,)),  # JCB
    (re.compile(r"30[0-5]|36|38|39"), (14,)),  # Diners Club
    (re.compile(r"62"), range(16, 20)),  # UnionPay
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"), range(16, 20)),  # Maestro
)

_INSIDE = re.compile(r"(?!\\[nrt]\Z)(?:\A|.)[0-9A-Za-z_.+/#-]\Z", re.DOTALL)
"""The end of what is before digits that are part of something longer; a JSON escape such as \\n is not."""

_KEY = re.compile(r"([A-Za-z0-9_.$-]{1,60})\\{0,7}[\"']?\s{0,2}[:=]\s{0,2}(?:\[\s?)?\\{0,7}[\"']?\Z")
_CARD_KEY = re.compile(
    r"card|\bpan\b|(?:\A|[_.-])(?:pan|cc|ccn)(?:\Z|[_.-])|ccnum|credit|debit|visa|amex|mastercard|\Apay|\Apaid\Z|"
    r"\A(?:number|num|msg|message|event|text|body|raw|line|input|payload|detail|error)\Z",
    re.IGNORECASE,
)
_ID_KEY = re.compile(
    r"(?:\A|[_.-]|(?<=[a-z0-9])(?=[A-Z]))(?i:id|trace|span|ns|nanos?|micros|millis|us|ms|ts|time|timestamp|offset|bytes|size|count|"
    r"total|seq|sequence|hash|checksum|version|revision|port|sum|digest|counter|duration|order|imei)\Z"
)
_ID_WORD = re.compile(
    r"\b(?:id|uid|order|trace|span|imei|imsi|iccid|invoice|tracking|ticket|ref(?:erence)?|request|job|user|serial|offset|"
    r"sequence|parcel|shipment|message|transaction|account|customer|no|number|nr)\.?[ #:]{1,2}\Z",
    re.IGNORECASE,
)


def card(match: Match[str]) -> bool:
    """Whether digits are a payment card number: an issuer's prefix and length, the check digit, and the name before.

    A long number under a key that does not sound of cards (`order`, `user`) is another number that passes the check.
    """
    text, start, end = match.string, match.start(), match.end()
    if text[end : end + 1] in {".", "-", ":"} and text[end + 1 : end + 2].isalnum():
        return False  # it goes on, as a decimal fraction, a date or an address does
    if _INSIDE.search(text[max(0, start - 2) : start]):
        return False
    digits = match[0].replace(" ", "").replace("-", "")
    if not any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in _ISSUERS) or not luhn(digits):
        return False
    before = _before(match, 80)
    key = _KEY.search(before)
    if key is None:
        return _ID_WORD.search(before) is None
    if _ID_KEY.search(key[1]):
        return False
    return len(digits) < len(match[0]) or _CARD_KEY.search(key[1]) is not None


def luhn(digits: str) -> bool:
    """Whether the check digit fits (ISO/IEC 7812-1, annex B): every second digit from the right doubled, sum % 10."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        digit = int(sign)
        if place % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0


_IBAN_LENGTHS: Mapping[str, int] = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SA": 24,
    "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29, "AE": 23, "BR": 29,
}  # fmt: skip


def iban(match: Match[str]) -> bool:
    """Whether the text is an IBAN: the length of its country, and 1 as remainder of 97 (ISO 13616)."""
    text = match[0].replace(" ", "")
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


CHECKS: Mapping[str, Check] = {
    "has-digit": has_digit,
    "letters-and-digits": letters_and_digits,
    "machine-made": machine_made,
    "spelled-out": spelled_out,
    "password": password,
    "credential": credential,
    "session": session,
    "cookie": cookie,
    "basic": basic,
    "jwk": jwk,
    "card": card,
    "iban": iban,
}
"""The checks by the names under which the data file refers to them."""
