# SPDX-License-Identifier: Apache-2.0
"""The lessons' database: engines for its accounts, rows as DataFrames, the tables of the lessons, wall time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from sqlalchemy import URL, Connection, CursorResult, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError, StatementError

from helpers.arguments import check_mapping, check_rows, check_several, check_text
from helpers.errors import InvalidInput
from helpers.lab import Database, Lab
from helpers.sql_errors import failure
from helpers.stack.home import secrets
from helpers.stack.home.accounts import DATABASE, SINK_DATABASE

Role = Literal["owner", "source", "sink", "service"]
"""The accounts, in this order: all rights on both; read and replicate `mydb1`; write `mydb2`; read and write `mydb1`."""
Where = Lab | Engine
"""A lab stands for its owner's engine."""

USERS = """CREATE TABLE {table} (
    id INT AUTO_INCREMENT PRIMARY KEY,
    user_id VARCHAR(20),
    pwd VARCHAR(20),
    name VARCHAR(20),
    created_at DATETIME DEFAULT NOW()
)"""
"""The table of the lessons on Kafka Connect."""

_HOMES: dict[str, str] = {"owner": DATABASE, "source": DATABASE, "sink": SINK_DATABASE, "service": DATABASE}
_OWN_FILE = "Every account has its own file, beside that of the owner. `./lab up` makes those of a lab."
_LOCK_PATIENCE = 20
"""Seconds that a DROP or ALTER waits for somebody else's transaction. By default that is a day."""
_PATIENCE = 60
"""Seconds until a server that is frozen counts as away."""


def engine(lab: Lab, role: Role = "owner", *, database: str | None = None, time_zone: str = "+00:00") -> Engine:
    """Return an SQLAlchemy engine for one account of the lab's database, which keeps no connection open between uses.

    The default of `database` is `mydb2` for the sink and `mydb1` for the others. `time_zone`, as "+09:00", is the time zone of
    NOW() and of TIMESTAMP columns. The server itself is at +00:00. It is not connected yet.

    Raises `LabNotRunning` if no database is known, and `InvalidInput` for an unknown role or time zone.
    """
    place = address(lab)
    if role not in list(_HOMES):  # a list can be asked for anything
        raise InvalidInput(f"The database has no account {role!r}.", f"Choose one of {', '.join(_HOMES)}.")
    _check_time_zone(time_zone)
    if database is not None:
        check_text("database", database)
    url = URL.create(
        "mysql+pymysql",
        username=role,
        password=secrets.read(password_file(place, role), _OWN_FILE),
        host=place.host,
        port=place.port,
        database=database or _HOMES[role],
        query={"charset": "utf8mb4"},
    )
    session = f"SET time_zone = '{time_zone}', lock_wait_timeout = {_LOCK_PATIENCE}"
    # No pool: nothing must be closed, and no old connection is used after the server was killed. A new one takes a millisecond.
    limits = {"connect_timeout": 5, "read_timeout": _PATIENCE, "write_timeout": _PATIENCE}
    return create_engine(url, poolclass=NullPool, connect_args={**limits, "init_command": session})


def connect(lab: Lab, role: Role = "owner") -> Connection:
    """Return an open connection of one account. Each statement on it is its own transaction. Close it after use.

    Raises `LabNotRunning` when the database does not answer.
    """
    engine_ = engine(lab, role)
    try:
        return engine_.connect().execution_options(isolation_level="AUTOCOMMIT")
    except DBAPIError as error:
        raise failure(error, engine_.url) from error


def frame(where: Where, query: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
    """Return the result of `query` as a DataFrame. With `parameters`, a `:name` in it stands for a value of these.

    Raises `DatabaseFailed` with the database's own words, `InvalidInput` for a statement that returns no rows and for a
    `:name` without a value, and `LabNotRunning` when the database does not answer.
    """
    check_mapping("parameters", parameters)
    with _connected(where) as connection:
        answer = _ask(connection, query, dict(parameters) if parameters else None)
        if not answer.returns_rows:
            raise InvalidInput(f"The statement returns no rows: {query:.60}.", "Use `database.execute` for it.")
        return pd.DataFrame(answer.all(), columns=list(answer.keys()))


def execute(
    where: Where, statement: str, rows: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None
) -> int:
    """Execute and commit one statement, once for each of `rows`, and return how many rows of the table it changed.

    With `rows`, a `:name` in the statement stands for a value of the row. An empty list of rows changes nothing. Raises as
    `frame` does.
    """
    if rows is not None and not isinstance(rows, Mapping):
        check_several("rows", rows, may_be_empty=True)
    values: Any = dict(rows) if isinstance(rows, Mapping) else rows and list(rows)
    check_rows(values)
    if rows is not None and not values:
        return 0
    with _connected(where) as connection:
        changed = _ask(connection, statement, values).rowcount
        connection.commit()
    return changed


def ask(connection: Connection, statement: str, values: Any = None) -> CursorResult[Any]:
    """Execute `statement` on a connection that stays open, and return its result. Raises as `frame` does.

    The connection can be used again after an error, also when the server was away: then it connects again.
    """
    try:
        return _ask(connection, statement, values)
    except DBAPIError as error:
        connection.rollback()
        raise failure(error, connection.engine.url) from error


def identifier(name: str) -> str:
    """Return the name of a table as SQL needs it, in backticks: "mydb2.my-table" is `mydb2`.`my-table`.

    The first dot stands between a database and its table. Raises `InvalidInput` for an empty name, and for a backtick.
    """
    check_text("table", name, may_be_empty=True)
    parts = name.split(".", 1)
    if not all(parts) or "`" in name:
        raise InvalidInput(
            f"A table cannot be named {name!r} here.", "Give its name, or database.name, without quotes."
        )
    return ".".join(f"`{part}`" for part in parts)


def create_users(where: Where, table: str = "users") -> None:
    """Create the empty table of the lessons: `USERS`, under the name `table`. Raises `DatabaseFailed` if it exists."""
    execute(where, USERS.format(table=identifier(table)))


def tables(where: Where) -> list[str]:
    """Return the names of the tables in the database of `where`, sorted."""
    found = frame(where, "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()")
    return sorted(found["name"])


def check_tables(lab: Lab, *names: str) -> None:
    """Check that each of these tables is in the lessons' database: a source waits silently for a missing table.

    Raises `InvalidInput` with the nearest name for a missing one.
    """
    for name in names:
        check_text("table", name, may_be_empty=True)
    there = tables(lab)
    for name in names:
        if name not in there:
            near = get_close_matches(name, there, 1) or there or ["none yet"]
            raise InvalidInput(f"Database {address(lab).name} has no table {name!r}.", f"It has {', '.join(near)}.")


def drop(where: Where, *tables: str) -> None:
    """Drop the tables that exist. Name a table of another database with that database: `mydb2.users`.

    Raises as `identifier` does, before any is dropped.
    """
    for table in [identifier(name) for name in tables]:
        execute(where, f"DROP TABLE IF EXISTS {table}")


def wall_time(milliseconds: int) -> datetime:
    """Return the time that a DATETIME column shows. It reaches the topic as milliseconds since 1970, as if it were in UTC.

    Raises `InvalidInput` for what is no such time. Microseconds, as a DATETIME(6) has them in a topic, are most often too many.
    """
    try:
        return datetime(1970, 1, 1) + timedelta(milliseconds=float(milliseconds))
    except (TypeError, ValueError, OverflowError) as error:
        problem = f"{milliseconds!r:.60} is no time in milliseconds since 1970."
        raise InvalidInput(problem, "Divide by 1000 if it is in microseconds.") from error


def address(lab: Lab) -> Database:
    """Return where the lab's database answers. Raises `LabNotRunning` if none is known."""
    return lab.needed_database()


def password_file(place: Database, role: str) -> Path:
    """Return the file on this computer that holds the password of an account."""
    return Path(place.password_file).with_name(f"{role}.password")


def _ask(connection: Connection, statement: str, values: Any) -> CursorResult[Any]:
    """Execute `statement`. Only with `values` has a colon in it a meaning of its own."""
    check_text("statement", statement, may_be_empty=True)
    if values is None:
        return connection.execution_options(no_parameters=True).exec_driver_sql(statement)  # a % is a %
    check_rows(values)
    try:
        return connection.execute(text(statement), values)
    except StatementError as error:
        if isinstance(error, DBAPIError):
            raise
        said = str(error.orig).partition(" (")[0] if error.orig else str(error)
        raise InvalidInput(
            f"{said}: {statement:.60}.", "Give a value for each :name. Write a colon in a text as \\:."
        ) from error


@contextmanager
def _connected(where: Where) -> Iterator[Connection]:
    if not isinstance(where, Lab | Engine):
        raise InvalidInput(
            f"This needs a lab or an engine, not {where!r:.60}.", "Give `lab`, or `database.engine(lab)`."
        )
    engine_ = engine(where) if isinstance(where, Lab) else where
    try:
        with engine_.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise failure(error, engine_.url) from error


def _check_time_zone(time_zone: str) -> None:
    check_text("time_zone", time_zone)
    try:
        datetime.strptime(time_zone, "%z")
    except ValueError as error:
        problem = f"{time_zone!r} is not a time zone that every MariaDB knows."
        raise InvalidInput(problem, "Give the difference from UTC, as in '+09:00'.") from error
