# SPDX-License-Identifier: Apache-2.0
"""The two databases of the lessons and the accounts that use them, the same on MariaDB and MySQL."""

from __future__ import annotations

from collections.abc import Mapping

ACCOUNTS = ("root", "owner", "source", "sink", "service")
"""The database accounts of a lab; each has a random password in `<home>/passwords/<account>.password`."""
FOR_CONNECTORS = ("source", "sink")
"""Those whose passwords the worker reads. `<home>/secrets` has a copy of these and no others."""
DATABASE = "mydb1"
"""The database of the lessons' tables."""
SINK_DATABASE = "mydb2"
"""The database that sink connectors write to."""


def accounts_sql(passwords: Mapping[str, str]) -> str:
    """Return the statements that make databases and accounts. `passwords` has those of root, owner, source, sink and service.

    Each account may only do what its role in the course needs, and only from this computer (least privilege).

    One may do more. RELOAD, which Debezium needs for its first snapshot (FLUSH TABLES WITH READ LOCK), allows every FLUSH
    and RESET too: with the password of source, RESET MASTER deletes the whole binary log. No smaller privilege is enough.
    """
    users = "\n".join(f"CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY '{word}';" for name, word in passwords.items())
    return f"""
{users}
CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;
CREATE DATABASE {SINK_DATABASE} CHARACTER SET utf8mb4;
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
GRANT ALL ON {DATABASE}.* TO 'owner'@'127.0.0.1';
GRANT ALL ON {SINK_DATABASE}.* TO 'owner'@'127.0.0.1';
GRANT RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'source'@'127.0.0.1';
GRANT SELECT, LOCK TABLES ON {DATABASE}.* TO 'source'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON {SINK_DATABASE}.* TO 'sink'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON {DATABASE}.* TO 'service'@'127.0.0.1';
"""
