# SPDX-License-Identifier: Apache-2.0
"""A listener that saves a row for each order in a table of MariaDB. It remembers nothing, and one broken record ends it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from confluent_kafka import Message
from sqlalchemy import Engine, create_engine, make_url, text

from helpers.shop import serving
from helpers.shop.dead_letters import DeadLetter
from helpers.shop.health import listening
from helpers.shop.listener import Listener

TABLE = """CREATE TABLE {table} (
    id INT AUTO_INCREMENT PRIMARY KEY,
    order_id VARCHAR(100),
    product_id VARCHAR(100),
    qty INT,
    saved_by VARCHAR(100)
)"""
"""The table that it needs. Each row has an id of its own: nothing prevents two rows for one order."""


def save(engine: Engine, table: str, saved_by: str, messages: Sequence[Message]) -> list[DeadLetter]:
    """Insert a row for each order in `messages`, in one transaction. Raises for a record that is not an order."""
    rows = []
    for message in messages:
        order = json.loads(message.value() or b"")
        rows.append({**order, "savedBy": saved_by})
    columns = "(order_id, product_id, qty, saved_by) VALUES (:orderId, :productId, :qty, :savedBy)"
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} {columns}"), rows)
    return []


def main() -> None:
    """Run the listener until SIGTERM or SIGINT."""
    parser = serving.parser(__doc__)
    parser.add_argument("--bootstrap-servers", required=True)
    parser.add_argument(
        "--database", required=True, metavar="URL", help="as in mysql+pymysql://USER@HOST:PORT/DATABASE"
    )
    parser.add_argument("--password-file", required=True, metavar="FILE", help="holds the password of that user")
    parser.add_argument("--table", default="saved", help="with the columns order_id, product_id, qty, saved_by")
    parser.add_argument("--topic", default="orders")
    parser.add_argument("--group", required=True)
    parser.add_argument("--name", help="what it writes into saved_by; by default its group")
    given = serving.parse(parser)
    password = Path(given.password_file).read_text("utf-8").strip()
    engine = create_engine(make_url(given.database).set(password=password), connect_args={"connect_timeout": 5})
    work = partial(save, engine, given.table, given.name or given.group)
    listener = Listener(given.bootstrap_servers, given.topic, given.group, work)
    serving.serve(listening("Row listener", listener), "row-listener", port=given.port, gateway=given.gateway)


if __name__ == "__main__":
    main()
