# SPDX-License-Identifier: Apache-2.0
"""What a database refuses, or does not answer, as the lab's errors."""

from __future__ import annotations

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from helpers.errors import DatabaseFailed, LabError, LabNotRunning

_UNREACHABLE = {2002, 2003, 2006, 2013, 1053}
"""MySQL's numbers for: no socket, no connection, gone away, lost, shutting down."""
_REMEDIES = {
    1045: "Check the account's password file; `./lab reset` makes a lab with new passwords.",
    1050: "Drop the old one with `database.drop`, or use another name.",
    1142: "Each account has only the rights that it needs. The owner has all rights.",
    1205: "Another connection uses the table: close it, as one that a cell has opened and not committed.",
    1146: "Create the table of the lessons with `database.create_users`.",
}


def failure(error: DBAPIError, url: URL) -> LabError:
    """Return the error to raise for what SQLAlchemy raised: `LabNotRunning` when nothing answers, else `DatabaseFailed`."""
    number, *words = error.orig.args if error.orig else (0, str(error))
    where = f"{url.host}:{url.port}"
    if number in _UNREACHABLE:
        return LabNotRunning(f"No database answers at {where} ({words[-1]}).", "Start it with `./lab up`.")
    said = f"The database at {where} refused {url.username}'s statement: "
    said += f"{words[-1]} ({number})." if words else f"{number}."  # the client itself refuses without a number
    return DatabaseFailed(said, _REMEDIES.get(number, ""))
