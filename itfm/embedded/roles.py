"""The two roles of every installation: one owns the schema, the other serves and is held by row-level security.

`python -m itfm.embedded.roles` makes them on a server of your own, once and after a password has changed. It reads
`DATABASE_ADMIN_URL` (a role that may create roles), `DATABASE_OWNER_URL` and `DATABASE_URL`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


class RolesError(Exception):
    """The addresses do not fit together; the message says which."""


@dataclass(frozen=True)
class Login:
    """A role, its password and its database, as an address names them."""

    name: str
    password: str
    database: str

    @classmethod
    def of(cls, environ: Mapping[str, str], variable: str) -> Self:
        """Return the login in an environment variable.

        :raises RolesError: the variable is not set, or lacks a part.
        """
        found = conninfo_to_dict(environ.get(variable, ""))
        missing = [part for part in ("user", "password", "dbname") if not found.get(part)]
        if missing:
            raise RolesError(
                f"{variable} must be postgres://USER:PASSWORD@HOST/DATABASE; it lacks: {', '.join(missing)}"
            )
        return cls(str(found["user"]), str(found["password"]), str(found["dbname"]))


def prepare(environ: Mapping[str, str], *, owner_makes_databases: bool = False) -> None:
    """Make both roles and the database, or set them right where they exist.

    Tests make databases of their own, as the owner; nothing else needs that right.

    :raises RolesError: an address is missing or names what it must not.
    """
    owner, application = Login.of(environ, "DATABASE_OWNER_URL"), Login.of(environ, "DATABASE_URL")
    administrator = Login.of(environ, "DATABASE_ADMIN_URL")
    if len({owner.name, application.name, administrator.name}) < 3:
        raise RolesError("DATABASE_ADMIN_URL, DATABASE_OWNER_URL and DATABASE_URL must name three different roles.")
    if owner.database != application.database:
        raise RolesError("DATABASE_OWNER_URL and DATABASE_URL must name the same database.")
    with psycopg.connect(environ["DATABASE_ADMIN_URL"], autocommit=True) as connection:
        _set_role(connection, owner, right="CREATEDB" if owner_makes_databases else "NOCREATEDB")
        _set_role(connection, application, right="NOCREATEDB")
        _set_planning(connection, application)
        _set_database(connection, owner)
    with psycopg.connect(environ["DATABASE_ADMIN_URL"], dbname=owner.database, autocommit=True) as connection:
        _set_rights(connection, owner=owner, application=application)


def _set_role(connection: psycopg.Connection, login: Login, *, right: LiteralString) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.name]).fetchone()
    statement: LiteralString = "ALTER ROLE {} WITH " if known else "CREATE ROLE {} WITH "
    limits: LiteralString = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION "
    connection.execute(
        sql.SQL(statement + limits + right + " PASSWORD {}").format(
            sql.Identifier(login.name), sql.Literal(login.password)
        )
    )


def _set_planning(connection: psycopg.Connection, application: Login) -> None:
    """Let questions of pages group in memory; compiling them takes longer than answering them."""
    for setting in ("SET jit = off", "SET work_mem = '64MB'"):
        connection.execute(sql.SQL("ALTER ROLE {} " + setting).format(sql.Identifier(application.name)))


def _set_database(connection: psycopg.Connection, owner: Login) -> None:
    database, role = sql.Identifier(owner.database), sql.Identifier(owner.name)
    # Where the administrator is no superuser, as on managed servers, only a member may give something to a role.
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [owner.database]).fetchone():
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(database, role)
        )
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, role))


def _set_rights(connection: psycopg.Connection, *, owner: Login, application: Login) -> None:
    names = {
        "database": sql.Identifier(owner.database),
        "owner": sql.Identifier(owner.name),
        "application": sql.Identifier(application.name),
    }
    for statement in (
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {application}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


if __name__ == "__main__":
    try:
        prepare(os.environ)
    except (RolesError, psycopg.Error) as error:
        sys.exit(f"{type(error).__name__}: {error}")
