"""The accounts, as rows of the database."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import IntegrityError, Row

from stack.console.access.passwords import hashed, weakness
from stack.console.access.scope import Permission, Role, Scope, scope_of
from stack.console.database import Database
from stack.console.problems import Problem, not_found


@dataclass(frozen=True)
class Account:
    """One account; `version` grows with every change that must end its open sessions and streams."""

    name: str
    role: Role
    scope: Scope
    disabled: bool
    created: float
    version: int
    password: str

    @property
    def permission(self) -> Permission:
        """What the account itself may do."""
        return Permission(self.role, (self.scope,))


def account_of(row: Row) -> Account:
    """Build an account from its row."""
    return Account(
        name=row["name"],
        role=Role(row["role"]),
        scope=scope_of(json.loads(row["systems"]), json.loads(row["services"])),
        disabled=bool(row["disabled"]),
        created=row["created"],
        version=row["version"],
        password=row["password"],
    )


class Accounts:
    """Reads and changes of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str) -> Account | None:
        """Return the account of a name, whatever its letters' case."""
        row = self._database.row("SELECT * FROM accounts WHERE name = ?", name)
        return account_of(row) if row else None

    def get(self, name: str) -> Account:
        """Return the account of a name.

        Raises:
            Problem: 404, there is none.

        """
        account = self.find(name)
        if account is None:
            raise not_found()
        return account

    def all(self) -> list[Account]:
        """Return every account, by name."""
        return [account_of(row) for row in self._database.rows("SELECT * FROM accounts ORDER BY name")]

    def create(self, name: str, password: str, role: Role, systems: Sequence[str], services: Sequence[str]) -> Account:
        """Create an account.

        Raises:
            Problem: 422 for a weak password, 409 if the name is taken.

        """
        _check(password, name)
        try:
            self._database.write(
                "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, 0, ?, 1)",
                name,
                hashed(password),
                role,
                json.dumps(sorted(systems)),
                json.dumps(sorted(services)),
                time.time(),
            )
        except IntegrityError as error:
            raise Problem(409, f"there is an account `{name}` already") from error
        return self.get(name)

    def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        systems: Sequence[str] | None = None,
        services: Sequence[str] | None = None,
        disabled: bool | None = None,
        password: str | None = None,
        end_tokens: bool = False,
    ) -> tuple[Account, int]:
        """Change what is given, and end the sessions that were open before; returns how many tokens ended.

        Tokens stay unless asked otherwise: they are of programs, which never knew the password.

        Raises:
            Problem: 404 without such an account, 422 for a weak password, 409 if no admin would be left.

        """
        with self._database.transaction():
            account = self.get(name)
            if password is not None:
                _check(password, account.name)
            if account.role is Role.ADMIN and (disabled or role not in (None, Role.ADMIN)):
                self._keep_an_admin(account.name)
            values = {
                "role": role,
                "systems": None if systems is None else json.dumps(sorted(systems)),
                "services": None if services is None else json.dumps(sorted(services)),
                "disabled": None if disabled is None else int(disabled),
                "password": None if password is None else hashed(password),
            }
            for column, value in values.items():
                if value is not None:
                    self._database.write(f"UPDATE accounts SET {column} = ? WHERE name = ?", value, name)  # noqa: S608  # the columns are those above
            self._database.write("UPDATE accounts SET version = version + 1 WHERE name = ?", name)
            self._database.write("DELETE FROM sessions WHERE account = ?", name)
            ended = self._database.write("DELETE FROM tokens WHERE account = ?", name) if end_tokens else 0
        return self.get(name), ended

    def delete(self, name: str) -> None:
        """Delete an account with its sessions and tokens.

        Raises:
            Problem: 404 without such an account, 409 if no admin would be left.

        """
        with self._database.transaction():
            if self.get(name).role is Role.ADMIN:
                self._keep_an_admin(name)
            self._database.write("DELETE FROM accounts WHERE name = ?", name)

    def _keep_an_admin(self, but: str) -> None:
        others = self._database.row(
            "SELECT 1 FROM accounts WHERE role = ? AND NOT disabled AND name <> ?", Role.ADMIN, but
        )
        if others is None:
            raise Problem(409, f"`{but}` is the last admin; make another account admin first")


def _check(password: str, name: str) -> None:
    if reason := weakness(password, name):
        raise Problem(422, reason)
