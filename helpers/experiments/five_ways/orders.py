# SPDX-License-Identifier: Apache-2.0
"""The orders of the five ways, their tables, and the statements that write them. The programs get these with their orders."""

from __future__ import annotations

from helpers.schemas import Schema

FIELDS: Schema = {"order_id": "text", "customer": "text", "qty": "int32"}
"""The fields of an order."""
_COLUMNS = "order_id VARCHAR(40) PRIMARY KEY, customer VARCHAR(40) NOT NULL, qty INT NOT NULL"

OWN = f"CREATE TABLE {{table}} ({_COLUMNS})"
"""The program's own table."""
TARGET = f"CREATE TABLE {{table}} ({_COLUMNS}, arrived TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6))"
"""The table of the other side. Nobody writes `arrived`: the database stamps each row when it is inserted."""
OUTBOX = """CREATE TABLE {table} (id CHAR(36) PRIMARY KEY, aggregatetype VARCHAR(60) NOT NULL,
    aggregateid VARCHAR(40) NOT NULL, type VARCHAR(40) NOT NULL, payload LONGTEXT NOT NULL)"""
"""The columns that Debezium's `EventRouter` reads by default."""

INSERT = "INSERT INTO {table} (order_id, customer, qty) VALUES (%(order_id)s, %(customer)s, %(qty)s)"
UPSERT = f"{INSERT} ON DUPLICATE KEY UPDATE customer = VALUES(customer), qty = VALUES(qty)"
ADD_EVENT = """INSERT INTO {table} (id, aggregatetype, aggregateid, type, payload)
    VALUES (UUID(), 'order', %(order_id)s, 'OrderPlaced', %(payload)s)"""
