"""Shapes that several parts of the API share."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from stack.console.access.scope import Role, Scope

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Part = Annotated[str, Field(min_length=1, max_length=128)]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
Limit = Annotated[int, Query(ge=1, le=5000, description="at most so many; the answer says when it stopped there")]


class Model(BaseModel):
    """A body; unknown keys are refused, so that a misspelt one is not silently left out."""

    model_config = ConfigDict(extra="forbid")


class ScopeModel(Model):
    """Which systems and services; `*` among the systems is all, and nothing named is nothing allowed."""

    systems: list[Part] = Field(default_factory=list, max_length=200)
    services: list[Part] = Field(default_factory=list, max_length=1000)

    @classmethod
    def of(cls, scope: Scope) -> "ScopeModel":
        """Show a scope."""
        return cls(systems=sorted(scope.systems), services=sorted(scope.services))


class Who(Model):
    """An account, or what a session or token may do."""

    account: str
    role: Role
    scopes: list[ScopeModel]
