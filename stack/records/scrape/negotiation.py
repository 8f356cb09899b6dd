"""What an endpoint answers to different `Accept` and `Accept-Encoding` headers, as a frozen record."""

import re
from dataclasses import dataclass
from typing import Self

from stack.records.scrape.scrape import Scrape, messages

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""The Accept header that Prometheus 3 sends by default."""
TEXT = "text/plain;version=0.0.4"
OPENMETRICS_ANY = "application/openmetrics-text"
ANYTHING = "*/*"

PROTOBUF = "application/vnd.google.protobuf"
MEDIA_TYPES = ("application/openmetrics-text", "text/plain", PROTOBUF)
"""The media types that Prometheus 3 accepts; any other fails the scrape."""

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_PARAMETER = re.compile(rf';[ \t]*+({_WORD})[ \t]*+=[ \t]*+({_WORD}|"(?:[^"\\]|\\.)*+")[ \t]*+')
_CONTENT_TYPE = re.compile(rf"[ \t]*+{_WORD}/{_WORD}[ \t]*+(?:{_PARAMETER.pattern})*+;?[ \t]*+")


@dataclass(frozen=True, slots=True)
class ContentType:
    """A Content-Type taken apart: lower-case media type and parameters (`version`, `charset`, `escaping`, …)."""

    media_type: str
    parameters: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The value of one parameter."""
        return next((value for key, value in self.parameters if key == name), None)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a header value (RFC 9110 section 8.3.1) as strictly as Prometheus; raises ValueError where malformed."""
        if not _CONTENT_TYPE.fullmatch(text):
            raise ValueError(f"{text!r} is not a media type with `; name=value` parameters")
        media_type, _, rest = text.partition(";")
        pairs = [(found[1].lower(), found[2].strip('"')) for found in _PARAMETER.finditer(f";{rest}")]
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"{text!r} has a parameter twice")
        return cls(media_type.strip().lower(), tuple(pairs))


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The answers of one endpoint, first the one to Prometheus 3's own request; `accept` of each is the request's.

    The text form is that of `Scrape`, several separated by a line `=====`.
    """

    answers: tuple[Scrape, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        answered = any(answer.ok or answer.error_kind == "encoding" for answer in self.answers)
        return "" if answered else "the metrics endpoint gave no answer"

    def asked(self, accept: str) -> tuple[Scrape, ...]:
        """The answers to one `Accept` header."""
        return tuple(answer for answer in self.answers if answer.accept == accept)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; raises ValueError as `Scrape.parse` does."""
        return cls(tuple(Scrape.parse(message) for message in messages(text)))
