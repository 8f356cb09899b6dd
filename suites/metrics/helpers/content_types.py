"""Compares the Content-Type of a response with that of its exposition format."""

from collections.abc import Iterator, Mapping

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable


def content_type_findings(
    exposition: Exposition, wanted: str, parameters: Mapping[str, tuple[str, ...]], *, required: bool
) -> Iterator[Finding]:
    """What is wrong with the Content-Type, whose media type is to be `wanted`.

    `parameters` are the values that each parameter may have, the first of which is the usual one; `required` ones may
    not be left out. Raises NotApplicable where the exposition is not from a response.
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
    for key, values in parameters.items():
        value = found.get(key)
        if value is None and required:
            yield Finding(f"the Content-Type has no `{key}`, which must be {values[0]}", Where(excerpt=sent), hint)
        elif value is not None and value.lower() not in values:
            message = f"the Content-Type has `{key}={value}` instead of `{key}={values[0]}`"
            yield Finding(message, Where(excerpt=sent), hint)


def _split(content_type: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case, and the parameters without their quotes."""
    name, *parts = content_type.split(";")
    pairs = (part.partition("=") for part in parts if part.strip())
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
