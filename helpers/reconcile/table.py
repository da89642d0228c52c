# SPDX-License-Identifier: Apache-2.0
"""The table's side: which keys it has and how often, one by one or as sums of buckets. It only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, Select, cast, column, create_engine, func, make_url, select, table
from sqlalchemy.dialects.mysql import CHAR
from sqlalchemy.exc import DBAPIError

from helpers import database, sql_errors
from helpers.errors import InvalidInput, LabNotRunning, Unsupported
from helpers.lab import Lab
from helpers.reconcile.counting import BUCKETS

_PATIENCE = {"connect_timeout": 5, "read_timeout": 120, "write_timeout": 30}  # seconds; a first look may read many rows


class Table:
    """The column `key` of the table `name` ("database.table", or "table" in the database of `engine`).

    Raises `InvalidInput` with the nearest names for a table or a column that is not there, `LabNotRunning` when no database
    answers. `remedy` replaces what is said to do then: it is another one for a database that is not the lab's.
    """

    def __init__(self, engine: Engine, name: str, key: str, *, remedy: str = "") -> None:
        schema, dot, own = name.rpartition(".")
        if not (schema or engine.url.database):
            raise InvalidInput(f"It is not clear in which database table {name!r} is.", "Write it as database.table.")
        self.name = name
        self.key = key
        self._engine = engine
        self._remedy = remedy
        self._table = table(own, column(key), schema=schema if dot else None)
        # As text in UTF-8, because CRC32 counts the bytes of the column's own character set.
        self._key = cast(self._table.c[key], CHAR(charset="utf8mb4"))
        self._check(schema or engine.url.database or "", own, key)

    def rows(self) -> int:
        """Return the number of rows."""
        return int(self._ask(select(func.count()).select_from(self._table))[0][0])

    def buckets(self) -> dict[int | None, tuple[int, int]]:
        """Return the count and the sum of each bucket, as `Keys` has them. Bucket None is of rows without a key."""
        crc = func.crc32(self._key)
        bucket = func.mod(crc, BUCKETS).label("bucket")
        query = select(bucket, func.count(), func.bit_xor(crc * crc)).select_from(self._table).group_by("bucket")
        return {
            number if number is None else int(number): (count, int(crcs)) for number, count, crcs in self._ask(query)
        }

    def keys(self, buckets: Collection[int] | None = None) -> Counter[bytes | None]:
        """Return the number of rows of each key of these `buckets`, or of all. The key None stands for rows without one."""
        query = select(self._key).select_from(self._table)
        if buckets is not None:
            query = query.where(func.mod(func.crc32(self._key), BUCKETS).in_(list(buckets)))
        return Counter(None if key is None else key.encode() for (key,) in self._ask(query))

    def _check(self, schema: str, own: str, key: str) -> None:
        info = table(
            "columns", *map(column, ("table_schema", "table_name", "column_name")), schema="information_schema"
        )
        query = select(info.c.table_name, info.c.column_name).where(info.c.table_schema == schema)
        there = [(str(name), str(of_it)) for name, of_it in self._ask(query)]
        columns = [of_it for name, of_it in there if name.lower() == own.lower()]
        if not columns:
            problem = (
                f"{self._engine.url.username!r} finds no table {own!r} in database {schema!r} at {_host(self._engine)}."
            )
            raise InvalidInput(problem, _nearest(own, {name for name, _ in there}))
        if key.lower() not in map(str.lower, columns):
            raise InvalidInput(f"Table {schema}.{own} has no column {key!r}.", _nearest(key, columns))

    def _ask(self, query: Select[Any]) -> list[Any]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(query).all())
        except DBAPIError as error:
            failure = sql_errors.failure(error, self._engine.url)
            raise type(failure)(failure.problem, self._remedy or failure.remedy) from error
        except RuntimeError as error:  # PyMySQL's, before it sends a password that the connection would not hide
            problem = f"The database at {_host(self._engine)} wants a password in a way that needs more: {error}."
            raise Unsupported(
                problem, "Give `?ssl_ca=FILE` in the address, or use an account with another plugin."
            ) from error


def remedy_of(lab: Lab) -> str:
    """Return what to do when the database of `engine_of` refuses or does not answer. Empty for the lab's own."""
    return "Check LAB_DATABASE_URL and LAB_DATABASE_PASSWORD_FILE." if lab.settings.database_url else ""


def engine_of(lab: Lab) -> Engine:
    """Return an engine for the database that the settings name, else for the owner of the lab's database.

    Raises `LabNotRunning` if there is neither, `InvalidInput` if the password's file cannot be read.
    """
    where = lab.settings
    if where.database_url:
        password = _read(where.database_password_file) if where.database_password_file else None
        url = make_url(where.database_url).set(drivername="mysql+pymysql", password=password)
    elif lab.database:
        url = database.engine(lab).url
    else:
        problem = f"No database is known beside the Kafka at {lab.bootstrap_servers}."
        raise LabNotRunning(problem, "Set LAB_DATABASE_URL and LAB_DATABASE_PASSWORD_FILE; the README says how.")
    url = url.update_query_dict({"charset": "utf8mb4"})
    return create_engine(url, poolclass=NullPool, connect_args=_PATIENCE)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The password file {path} cannot be read.", "Correct LAB_DATABASE_PASSWORD_FILE."
        ) from error


def _host(engine: Engine) -> str:
    return f"{engine.url.host}:{engine.url.port or 3306}"


def _nearest(name: str, there: Collection[str]) -> str:
    near = get_close_matches(name, there, 1) or sorted(there)[:5]
    return f"It has {', '.join(near)}." if near else "It has none that this account may read."
