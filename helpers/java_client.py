# SPDX-License-Identifier: Apache-2.0
"""How Kafka's own tools log in to given servers: librdkafka's settings in Java's words, in a file that only this user can read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import Unsupported
from helpers.stack.servers.java import properties

_SAME = {"security.protocol", "sasl.mechanism", "ssl.endpoint.identification.algorithm"}
_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
_READ = {
    "ssl.certificate.location": "ssl.keystore.certificate.chain",
    "ssl.key.location": "ssl.keystore.key",
    "ssl.ca.location": "ssl.truststore.certificates",
}
"""Java takes the text of a PEM file (KIP-651) where librdkafka takes its name."""
_ALIASES = {"sasl.mechanisms": "sasl.mechanism"}


@contextmanager
def config_file(security: Mapping[str, str]) -> Iterator[Path | None]:
    """Yield a properties file for the tools' `--command-config`, or None if no login is needed. It goes with the block.

    Raises `Unsupported` for a setting that has no counterpart here.
    """
    if not security:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:  # for this user only
        path = Path(folder) / "client.properties"
        path.write_text(properties(in_java(security)), "utf-8")
        yield path


def in_java(security: Mapping[str, str]) -> dict[str, object]:
    """Return librdkafka's settings of security with the names and forms that Java clients know. Raises `Unsupported`."""
    given = {_ALIASES.get(key, key): value for key, value in security.items()}
    found: dict[str, object] = {}
    for key, value in given.items():
        if key in _SAME:
            found[key] = value.upper() if key == "security.protocol" else value
        elif key in _READ:
            name = _READ[key]
            found |= {
                name: Path(value).read_text("utf-8"),
                f"{name.rpartition('.')[0].removesuffix('.certificate')}.type": "PEM",
            }
        elif key == "ssl.key.password":
            found[key] = value
        elif key not in ("sasl.username", "sasl.password"):
            problem = f"Kafka's own tools do not know {key}, which is in `clients` of the given servers."
            raise Unsupported(problem, "Do this step with Python's client.")
    if "sasl.username" in given:
        found["sasl.jaas.config"] = _login(given)
    return found


def _login(given: Mapping[str, str]) -> str:
    mechanism = given.get("sasl.mechanism", "")
    if mechanism not in _MODULES:
        problem = f"Kafka's own tools cannot log in with {mechanism or 'no mechanism'} here."
        raise Unsupported(problem, f"They can with {', '.join(_MODULES)}.")
    name, word = (
        given.get(key, "").replace("\\", "\\\\").replace('"', '\\"') for key in ("sasl.username", "sasl.password")
    )
    return f'{_MODULES[mechanism]} required username="{name}" password="{word}";'
