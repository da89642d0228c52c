"""Configurations of connectors, by name and typed arguments, each a plain dictionary of Kafka's keys."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from helpers import database
from helpers.connect import ConnectClient
from helpers.connectors.debezium import debezium_sink, debezium_source
from helpers.connectors.files import file_sink, file_source
from helpers.connectors.jdbc import jdbc_sink, jdbc_source
from helpers.connectors.parts import SINKS, SOURCES, Config, Key, More, Vendor, Write
from helpers.errors import InvalidInput, Unsupported
from helpers.lab import Lab

__all__ = [
    "SINKS", "SOURCES", "Config", "debezium_sink", "debezium_source", "file_sink", "file_source", "jdbc_sink", "jdbc_source",
    "looking_every", "offered", "sink", "source",
]  # fmt: skip


def offered(lab: Lab) -> dict[str, str | None]:
    """Return each family of `SOURCES` and `SINKS` with its version on this worker, or None where it has it not."""
    versions = {plugin["class"]: plugin["version"] for plugin in ConnectClient(lab).plugins()}
    return {family: versions.get(kind) for family, kind in (SOURCES | SINKS).items()}


def source(lab: Lab, name: str, tables: Sequence[str], *, topic_prefix: str = "", config: More = None) -> Config:
    """Return a source that brings `tables` into topics named `topic_prefix` and table, and print which family it is.

    A worker that has the JDBC source is given that, by incrementing `id`; else the log-based one of Debezium. Either
    way the column `id` is the records' key.
    Raises `InvalidInput` for a table that is not there (a source waits for it without a word), `Unsupported` for a
    worker that has no source of the kind.
    """
    _check_tables(lab, tables)
    without = "Debezium MySQL source" if database.address(lab).product == "mariadb" else "Debezium MariaDB source"
    family = _choose(lab, name, [family for family in SOURCES if family != without])
    if "JDBC" in family:
        return jdbc_source(
            lab, name, tables, topic_prefix=topic_prefix, key="id", vendor=_vendor(family), config=config
        )
    return debezium_source(lab, name, tables, topic_prefix=topic_prefix, config=config)


def looking_every(milliseconds: int, source: Config) -> Config:
    """Return the configuration `source`, changed to look for news so often and to send at once what it finds.

    Confluent's JDBC source otherwise waits `poll.linger.ms`, five seconds by default, for its batch to fill.
    """
    waits = {"poll.linger.ms": 0} if source["connector.class"] == SOURCES["Confluent JDBC source"] else {}
    return {**source, "poll.interval.ms": milliseconds, **waits}


def sink(
    lab: Lab,
    name: str,
    topics: Sequence[str],
    *,
    write: Write = "upsert",
    key: Key = "record_key",
    key_fields: Sequence[str] = (),
    deletes: bool = False,
    config: More = None,
) -> Config:
    """Return a sink that brings `topics` into tables of the same names in `mydb2`, and print which family it is.

    A worker that has the classic JDBC sink is given that, else Debezium's. Raises `Unsupported` if it has neither.
    """
    family = _choose(lab, name, list(SINKS))
    arguments: Config = {"write": write, "key": key, "key_fields": key_fields, "deletes": deletes, "config": config}
    if "Debezium" in family:
        return debezium_sink(lab, name, topics, **arguments)
    return jdbc_sink(lab, name, topics, vendor=_vendor(family), **arguments)


def _check_tables(lab: Lab, tables: Sequence[str]) -> None:
    name = database.address(lab).name
    there = database.tables(lab)
    for table in set(tables) - set(there):
        near = get_close_matches(table, there, 1) or there or ["none yet"]
        raise InvalidInput(f"Database {name} has no table {table!r}.", f"It has {', '.join(near)}.")


def _choose(lab: Lab, name: str, families: Sequence[str]) -> str:
    here = offered(lab)
    chosen = next((family for family in families if here[family]), None)
    if not chosen:
        problem = f"The worker at {lab.connect_url} offers none of {', '.join(families)}."
        raise Unsupported(problem, "Add one with `lab plugins add`.")
    passed = families[: families.index(chosen)]
    print(f"{name}: {chosen} {here[chosen]}" + (f" (not on this worker: {', '.join(passed)})" if passed else ""))
    return chosen


def _vendor(family: str) -> Vendor:
    return "confluent" if family.startswith("Confluent") else "aiven"
