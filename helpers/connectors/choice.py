# SPDX-License-Identifier: Apache-2.0
"""Which families of connectors a worker has, and a configuration of the one that is chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helpers import database
from helpers.arguments import whole_number
from helpers.connect import Config, ConnectClient
from helpers.connect.config import checked
from helpers.connectors.debezium import debezium_sink, debezium_source
from helpers.connectors.jdbc import jdbc_sink, jdbc_source
from helpers.connectors.parts import CLASSIC_SINK, SINKS, SOURCES, Key, More, Vendor, Write
from helpers.errors import InvalidInput, Unsupported
from helpers.lab import Lab

_LINGERS = (10, 8, 5)
"""The first release of Confluent's JDBC source that has `poll.linger.ms`."""


def families(lab: Lab) -> dict[str, str | None]:
    """Return each family of `SOURCES` and `SINKS` with its version on this worker, or None where it is missing."""
    with ConnectClient(lab) as client:
        versions = {plugin["class"]: plugin["version"] for plugin in client.plugins()}
    return {family: versions.get(kind) for family, kind in (SOURCES | SINKS).items()}


def choose_source(lab: Lab) -> str:
    """Return the family to pass to `source`: the classic JDBC source if this worker has it, else Debezium's.

    Raises `Unsupported` if it has neither.
    """
    return _first(lab, _sources(lab))


def choose_sink(lab: Lab) -> str:
    """Return the family to pass to `sink`: the classic JDBC sink if this worker has it, else Debezium's.

    Raises `Unsupported` if it has neither.
    """
    return _first(lab, list(SINKS))


def has_classic_sink(lab: Lab) -> bool:
    """Return whether this worker has Confluent's JDBC sink."""
    return families(lab)[CLASSIC_SINK] is not None


def about_classic_sink(lab: Lab) -> str:
    """Return a sentence that says whether this worker has Confluent's JDBC sink."""
    version = families(lab)[CLASSIC_SINK]
    return f"{CLASSIC_SINK}: " + (version or "not on this worker, so it is not shown here.")


def source(
    lab: Lab, name: str, tables: Sequence[str], *, family: str, topic_prefix: str = "", config: More = None
) -> Config:
    """Return a source of `family` that brings `tables` into topics named `topic_prefix` and table.

    The classic one looks for rows with a higher `id`, Debezium's reads the database's log. Either way the column `id` is
    the records' key. A source waits silently for a table that is not there: `database.check_tables` finds out.

    Raises `InvalidInput` for a family that is not one of `SOURCES`, or for one of the other database.
    """
    _check_family(family, _sources(lab))
    if "Debezium" in family:
        return debezium_source(lab, name, tables, topic_prefix=topic_prefix, config=config)
    return jdbc_source(lab, name, tables, topic_prefix=topic_prefix, key="id", vendor=_vendor(family), config=config)


def sink(
    lab: Lab,
    name: str,
    topics: Sequence[str],
    *,
    family: str,
    write: Write = "upsert",
    key: Key = "record_key",
    key_fields: Sequence[str] = (),
    deletes: bool = False,
    table: str = "",
    create_tables: bool = True,
    config: More = None,
) -> Config:
    """Return a sink of `family` that brings `topics` into `mydb2`.

    It writes to `table`, where `${topic}` stands for the topic's name; without `table`, to the table that
    `table_for` names.
    `create_tables` lets it make a table, and add a column, that is missing; `deletes` lets a tombstone delete its row.

    Raises `InvalidInput` for a family that is not one of `SINKS`.
    """
    _check_family(family, list(SINKS))
    arguments: Config = {
        "write": write,
        "key": key,
        "key_fields": key_fields,
        "deletes": deletes,
        "table": table,
        "create_tables": create_tables,
        "config": config,
    }
    if "Debezium" in family:
        return debezium_sink(lab, name, topics, **arguments)
    return jdbc_sink(lab, name, topics, vendor=_vendor(family), **arguments)


def poll_every(lab: Lab, milliseconds: int, source: Config) -> Config:
    """Return the configuration `source`, changed to poll this often and to send new rows immediately.

    Confluent's JDBC source otherwise waits `poll.linger.ms`, five seconds by default, for its batch to fill. Releases before
    10.8.5 do not have that key and do not wait: the worker of `lab` is asked which one it has.
    """
    whole_number(milliseconds, "milliseconds")
    if "connector.class" not in checked(source):
        raise InvalidInput("This configuration has no `connector.class`.", "Give one of `connectors.source`.")
    family = "Confluent JDBC source"
    lingers = source["connector.class"] == SOURCES[family] and _release(families(lab)[family]) >= _LINGERS
    return {**source, "poll.interval.ms": milliseconds, **({"poll.linger.ms": 0} if lingers else {})}


def _release(version: str | None) -> tuple[int, ...]:
    """The numbers of a version: (10, 8, 3) of "10.8.3". A worker without the connector counts as one with the newest."""
    return tuple(map(int, re.findall(r"\d+", version))) if version else _LINGERS


def _sources(lab: Lab) -> list[str]:
    """The families that can read the lab's database."""
    other = "Debezium MySQL source" if database.address(lab).product == "mariadb" else "Debezium MariaDB source"
    return [family for family in SOURCES if family != other]


def _first(lab: Lab, wanted: Sequence[str]) -> str:
    here = families(lab)
    for family in wanted:
        if here[family]:
            return family
    problem = f"The worker at {lab.connect_url} has none of {', '.join(wanted)}."
    raise Unsupported(problem, "Add one with `./lab plugins add`.")


def _check_family(family: str, known: Sequence[str]) -> None:
    if family not in known:
        raise InvalidInput(f"{family!r} is not a family for this.", f"Choose one of {', '.join(known)}.")


def _vendor(family: str) -> Vendor:
    return "confluent" if family.startswith("Confluent") else "aiven"
