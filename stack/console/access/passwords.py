"""Passwords: which are refused, and how they are kept (argon2id with the defaults of RFC 9106's low-memory profile)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM, MAXIMUM = 12, 256
DIFFERENT = 5
COMMON = (
    "password", "passwort", "administrator", "changeme", "letmein", "welcome", "qwerty", "grafana", "observability",
    "monitoring", "123456", "abcdef", "iloveyou", "default", "secret",
)  # fmt: skip
"""What many passwords consist of; around one of these there must still be `MINIMUM - 4` other characters."""

_HASHER = PasswordHasher()
_UNKNOWN = "$argon2id$v=19$m=65536,t=3,p=4$5NRazEOWKUOYBZToKfC6DQ$q+TEd2yGJucGLzAiN0QsdOe5IrrijFKG/pT5RQpuIOg"
"""A hash that no password has, with the parameters of a real one."""
_AT_ONCE = asyncio.Semaphore(2)
"""Each verification takes 64 MiB: a flood of sign-ins waits here."""


def weakness(password: str, name: str) -> str | None:
    """Say why a password is refused, in a sentence; None if it is good enough."""
    if len(password) < MINIMUM:
        return f"the password has fewer than {MINIMUM} characters"
    if len(password) > MAXIMUM:
        return f"the password has more than {MAXIMUM} characters"
    if len(set(password)) < DIFFERENT:
        return f"the password has fewer than {DIFFERENT} different characters"
    rest = password.lower()
    for common in (name.lower(), *COMMON):
        rest = rest.replace(common, "") if common else rest
    if len(rest) < MINIMUM - 4:
        return "the password is mostly a common word or the name of the account"
    return None


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return _HASHER.hash(password)


async def matches(stored: str | None, password: str) -> bool:
    """Check a password; without an account it takes as long, so that time tells nothing about names."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_verify, stored or _UNKNOWN, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password[: MAXIMUM + 1])
    except (VerificationError, InvalidHashError):
        return False
