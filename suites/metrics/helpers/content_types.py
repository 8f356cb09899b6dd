"""Compares the Content-Type of a response with that of its exposition format."""

from collections.abc import Iterator, Mapping

from stack.records.exposition.body import TEXT_AS_OPENMETRICS
from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable

ASCII = frozenset({"us-ascii", "ascii", "iso646-us", "ansi_x3.4-1968"})
"""Names of a charset that is a part of UTF-8, so that a body in it is UTF-8, too."""


def content_type_findings(
    exposition: Exposition, wanted: str, parameters: Mapping[str, tuple[str, ...]], *, required: bool
) -> Iterator[Finding]:
    """What is wrong with the Content-Type, whose media type is to be `wanted`.

    `parameters` are the values that each parameter may have, the first of which is the usual one; `required` ones may
    not be left out, nor be of the same meaning in other words. Raises NotApplicable where the exposition is not from a
    response.
    """
    sent = exposition.content_type
    if sent is None:
        raise NotApplicable("the exposition was not read from a response")
    usual = "; ".join([wanted, *(f"{key}={values[0]}" for key, values in parameters.items())])
    hint = f"send `Content-Type: {usual}`"
    media_type, found = _split(sent)
    if media_type != wanted:
        message = f"{exposition.format} is sent as `{media_type}`" if media_type else "the response has no Content-Type"
        yield Finding(message, hint=hint)
        return
    if any(fault.subject == TEXT_AS_OPENMETRICS for fault in exposition.faults.get("bad_eof", ())):
        return  # `openmetrics-eof` reports that the whole type is wrong
    missing = [key for key in parameters if required and key not in found]
    if missing:
        what = " and no ".join(f"`{key}={parameters[key][0]}`" for key in missing)
        yield Finding(f"the Content-Type has no {what}", Where(excerpt=sent), hint)
    for key, values in parameters.items():
        value = found.get(key)
        if key == "charset" and (
            "invalid_utf8" in exposition.faults or (not required and _is_ascii(value, exposition))
        ):
            continue  # `utf-8` reports that the body is in another encoding, as it says
        if value is not None and value.lower() not in values:
            message = f"the Content-Type has `{key}={value}` instead of `{key}={values[0]}`"
            yield Finding(message, Where(excerpt=sent), hint)


def _is_ascii(charset: str | None, exposition: Exposition) -> bool:
    return (charset or "").lower() in ASCII and exposition.text.isascii()


def _split(content_type: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case, and the parameters without their quotes."""
    name, *parts = content_type.split(";")
    pairs = (part.partition("=") for part in parts if part.strip())
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
