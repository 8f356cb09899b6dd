"""Roles, and which part of the platform an account may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

EVERYTHING = "*"


class Role(StrEnum):
    """What an account may do; each role includes those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """The place in the order viewer, operator, admin."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        return self.rank >= other.rank


@dataclass(frozen=True)
class Scope:
    """Systems and services by name; `*` among the systems is all of them, and nothing named is nothing allowed."""

    systems: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return EVERYTHING in self.systems

    def allows(self, system: str, service: str) -> bool:
        """Whether lines, containers and alerts of this service may be seen."""
        return self.everything or system in self.systems or service in self.services


@dataclass(frozen=True)
class Permission:
    """A role within scopes that must all allow; a token narrows the permission of its account."""

    role: Role
    scopes: tuple[Scope, ...]

    @property
    def everything(self) -> bool:
        """Whether no scope leaves anything out: needed where an answer cannot be narrowed to a scope."""
        return all(scope.everything for scope in self.scopes)

    def allows(self, system: str, service: str) -> bool:
        """Whether every scope allows it."""
        return all(scope.allows(system, service) for scope in self.scopes)

    def systems_for(self, service: str) -> frozenset[str] | None:
        """Return the systems in which a service of that name may be seen; None for any, empty for none."""
        wanted: frozenset[str] | None = None
        for scope in self.scopes:
            if scope.everything or service in scope.services:
                continue
            wanted = scope.systems if wanted is None else wanted & scope.systems
        return wanted

    def narrowed(self, role: Role, scope: Scope) -> "Permission":
        """Return what a token with that role and scope may do."""
        return Permission(min(self.role, role, key=lambda each: each.rank), (*self.scopes, scope))


def scope_of(systems: Iterable[str], services: Iterable[str]) -> Scope:
    """Build a scope from lists."""
    return Scope(frozenset(systems), frozenset(services))
