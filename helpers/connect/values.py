# SPDX-License-Identifier: Apache-2.0
"""Find times in a table that would not come through a Debezium source and a sink as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from helpers import database
from helpers.errors import InvalidInput
from helpers.lab import Lab

_NO_DATE = "(YEAR({0}) = 0 OR MONTH({0}) = 0 OR DAYOFMONTH({0}) = 0)"
_LOST = {
    "time": "({0} < '00:00:00' OR {0} >= '24:00:00')",
    **dict.fromkeys(("date", "datetime", "timestamp"), _NO_DATE),
}
"""Which values of a type are lost. A sink writes a TIME as a time of day. Debezium makes NULL, or 1970, of a date with zeros."""


def check_values(lab: Lab, config: Mapping[str, str]) -> None:
    """Check that no table which the Debezium source `config` reads in the lab's database has a time that would be lost.

    It sees what is there now. A later TIME that is no time of day stops the sink with an error, and nothing is lost; a later
    date with zeros is NULL in the topic. Raises `InvalidInput` with the column, one such value and what to do.
    """
    if not _reads_the_lab(lab, config):
        return
    for table, column, kind in _columns(lab, config):
        place, name = database.identifier(table), database.identifier(column)
        query = f"SELECT CAST({name} AS CHAR) AS lost FROM {place} WHERE {_LOST[kind].format(name)} LIMIT 1"
        for value in database.frame(lab, query)["lost"]:
            problem = f"Column {table}.{column} has the {kind.upper()} {value}, which no sink would get as it is."
            left_out = re.escape(f"{table}.{column}")
            raise InvalidInput(problem, f"Store it in another type, or leave it out: column.exclude.list={left_out}.")


def _reads_the_lab(lab: Lab, config: Mapping[str, str]) -> bool:
    if not lab.database or "table.include.list" not in config:
        return False
    place = lab.worker_database
    return (config.get("database.hostname"), config.get("database.port")) == (place.host, str(place.port))


def _columns(lab: Lab, config: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the table, with its database, the name and the type of each column that is read and may have such a value."""
    query = (
        "SELECT CONCAT(table_schema, '.', table_name) AS place, column_name AS name, data_type AS kind "
        f"FROM information_schema.columns WHERE table_schema = DATABASE() AND data_type IN {tuple(_LOST)}"
    )
    for place, name, kind in database.frame(lab, query).itertuples(index=False):
        if _listed(place, config["table.include.list"]) and not _listed(
            f"{place}.{name}", config.get("column.exclude.list", "")
        ):
            yield place, name, kind


def _listed(name: str, patterns: str) -> bool:
    """Whether `name` is in a list of Debezium's: regular expressions for whole names, in any case."""
    return any(re.fullmatch(pattern.strip(), name, re.IGNORECASE) for pattern in patterns.split(","))
