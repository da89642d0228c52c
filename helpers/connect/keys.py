# SPDX-License-Identifier: Apache-2.0
"""Find unknown keys in a connector's configuration: Kafka Connect itself ignores them silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from helpers.connect.causes import next_step
from helpers.errors import ConnectFailed, InvalidInput

_UNTOLD = (
    "schema.history.internal.kafka.bootstrap.servers",
    "schema.history.internal.kafka.topic",
    "schema.history.internal.kafka.create.timeout.ms",
    "schema.history.internal.kafka.query.timeout.ms",
    "schema.history.internal.kafka.recovery.attempts",
    "schema.history.internal.kafka.recovery.poll.interval.ms",
    "binary.handling.mode",
    "field.name.adjustment.mode",
    "snapshot.select.statement.overrides",
    "topic.heartbeat.prefix",
    "use.reduction.buffer",
)
"""Keys that Debezium reads but does not declare to the worker."""
_DEBEZIUM = (
    r"snapshot\.select\.statement\.overrides\..+",
    r"column\.mask\.hash(\.v2)?\.[^.]+\.with\.salt\..+",
)
"""Families of keys that Debezium reads but does not declare: by a table, by an algorithm and a salt."""
_OPEN = (
    *(rf"schema\.history\.internal\.{client}\..+" for client in ("producer", "consumer")),
    # A group's own keys, then the endings of Kafka's settings of a topic: any other word is a mistake.
    r"topic\.creation\.\w+\.(partitions|replication\.factor|include|exclude|preallocate"
    r"|.+\.(ms|bytes|policy|type|replicas|enable|disable|messages|ratio|level))",
    r"(driver|hibernate|internal|signal)\..+",
)
"""Families of keys that are passed on: to a client, a driver, Hibernate."""
_AS_A_SETTING = r"[?&;,(\s][\w.-]*(password|passwd|pwd)\d*\s*=\s*[\"']?(?!\$\{)[^&;,)\s\"']"
_IN_ADDRESS = re.compile(
    r"(?i)^[a-z][a-z0-9+.-]*:"
    rf"(.*//[^/\s@]*:(?!\$\{{)[^/?\s@]+@|oracle:\w+:[^/\s@]+/(?!\$\{{)[^@\s]+@|.*{_AS_A_SETTING})"
)
"""A password in an address: `//user:password@host`, `?password=…`, `(password=…)`. The worker writes addresses into its log."""
_IN_LOGIN = re.compile(rf"(?is){_AS_A_SETTING}")
"""A password in the text of `sasl.jaas.config`, which every prefix may have: the worker knows only its own as a password."""
_NAMED = ("converters", "post.processors")
"""Keys that list names. A key that begins with such a name belongs to that plugin."""
_CONVERTERS = ("key.converter", "value.converter", "header.converter")
_CHOICES = {
    "insert.mode": ("insert", "upsert", "update"),
    "primary.key.mode": ("none", "kafka", "record_key", "record_value", "record_header"),
    "schema.evolution": ("none", "basic"),
}
"""Keys for whose wrong values Debezium's sink silently takes its default."""


def check_keys(config: Mapping[str, str], told: Iterable[Mapping[str, Any]]) -> None:
    """Check that each key of `config` is known and its value is valid. `told` has the `configs` of the worker's validation.

    Raises `InvalidInput` or `ConnectFailed`.
    """
    told = list(told)
    definitions = [it["definition"] for it in told if it["definition"]]
    name = f"connector {config.get('name')!r}"
    if unset := without_converter(config):
        said = "; ".join(f"{key!r} is set, but not {converter!r}" for key, converter in unset.items())
        problem = f"In {name} {said}: Kafka Connect uses the worker's own converter and would ignore this silently."
        raise InvalidInput(problem, f"Set {', '.join(sorted(set(unset.values())))} too.")
    if strangers := unread(config, definitions):
        said = "; ".join(f"{key!r}" + (f" (did you mean {near!r}?)" if near else "") for key, near in strangers.items())
        raise InvalidInput(f"Unknown key in {name}: {said}.", "Kafka Connect would ignore it silently.")
    if wrong := misspelt_values(config):
        said = "; ".join(f"{key}={config[key]!r} (choose {', '.join(choices)})" for key, choices in wrong.items())
        raise InvalidInput(f"Unknown value in {name}: {said}.", "Debezium would silently take its default.")
    check_passwords(config, definitions)
    # Debezium's source for MySQL lists a key that it has no value for.
    fields = {it["value"]["name"]: it["value"]["errors"] for it in told if it["value"] and it["value"]["errors"]}
    if fields:
        said = "; ".join(f"{key}: {', '.join(errors)}" for key, errors in fields.items())
        problem = f"The configuration of {name} is refused: {said.rstrip('.')}."
        raise ConnectFailed(
            problem, next_step(said, "See `validate` for what each key allows."), status=400, fields=fields
        )


def check_passwords(config: Mapping[str, str], definitions: Iterable[Mapping[str, Any]] = ()) -> None:
    """Check that no password stands in `config`. Without `definitions` only an address and a key of that name count.

    Raises `InvalidInput`, which does not show it.
    """
    if bare := literal_passwords(config, definitions):
        name = f"connector {config.get('name')!r}"
        problem = (
            f"In {name} the password {', '.join(bare)} is in plain text: anyone who can reach the worker can read it."
        )
        raise InvalidInput(problem, "Put it into a file, and name that: ${dir:FOLDER:FILE}.")


def check_class(config: Mapping[str, str], classes: Iterable[str]) -> None:
    """Check that the worker has the class that `config` names, in full or by its last word. Raises `InvalidInput`."""
    kind, known = config.get("connector.class", ""), list(classes)
    if kind in known or kind in {word for name in known for word in _short(name)}:
        return
    problem = f"Connector {config.get('name')!r} needs the class {kind!r}, which this worker does not have."
    near = get_close_matches(kind, known, 1, cutoff=0.8) or known
    raise InvalidInput(problem, f"It has {', '.join(near)}; `./lab plugins add` adds others.")


def without_converter(config: Mapping[str, str]) -> dict[str, str]:
    """Return each key of `config` that is for a converter which `config` does not set, with that converter's own key."""
    return {
        key: converter
        for key in config
        for converter in _CONVERTERS
        if key.startswith(f"{converter}.") and converter not in config
    }


def unread(config: Mapping[str, str], definitions: Iterable[Mapping[str, Any]]) -> dict[str, str | None]:
    """Return each key of `config` that is in none of the worker's `definitions`, with the known key nearest to it.

    Kafka's own converters declare their keys. Keys for another converter, which declares none, count as known.
    """
    told = [definition["name"] for definition in definitions]
    is_debezium = any("schema.history" in name or name == "primary.key.mode" for name in told)
    known = {*told, *(_UNTOLD if is_debezium else ())}
    named = [name for key in _NAMED for name in _words(config.get(key, ""))]
    named += [converter for converter in _CONVERTERS if converter in config and not _declares(converter, told)]
    patterns = [
        *_OPEN,
        *(_DEBEZIUM if is_debezium else ()),
        *(f"{re.escape(name)}\\..+" for name in named),
        *map(_pattern, told),
    ]

    def is_read(key: str) -> bool:
        return key in known or any(re.fullmatch(pattern, key) for pattern in patterns)

    return {key: next(iter(get_close_matches(key, known, 1)), None) for key in config if not is_read(key)}


def misspelt_values(config: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """Return each key of `config` whose value is none of its choices, with these."""
    return {key: known for key, known in _CHOICES.items() if config.get(key, known[0]) not in known}


def literal_passwords(config: Mapping[str, str], definitions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the keys that are passwords, or addresses with one in them, and hold it where they should name its place."""
    secret = {definition["name"] for definition in definitions if definition["type"] == "PASSWORD"}
    named = {key for key in config if key in secret or key.endswith(".password")}
    bare = [key for key, value in config.items() if key in named and value and not re.fullmatch(r"\$\{.+}", value)]
    return [*bare, *(key for key, value in config.items() if key not in named and _has_password(key, value))]


def _has_password(key: str, value: str) -> bool:
    plain = unquote(value)
    return bool((_IN_LOGIN if key.endswith("sasl.jaas.config") else _IN_ADDRESS).search(plain))


def _declares(converter: str, told: Iterable[str]) -> bool:
    """Return whether a key in `told` is one of the converter's own. The worker itself has one for its version."""
    own = f"{converter}.plugin.version"
    return any(name.startswith(f"{converter}.") and name != own for name in told)


def _short(kind: str) -> tuple[str, str]:
    """The two short forms of a class's name that the worker takes."""
    word = kind.rpartition(".")[2]
    return word, word.removesuffix("Connector")


def _pattern(name: str) -> str:
    """Debezium names some families of keys by a pattern, and forgets a backslash in it."""
    return name.replace("(d+)", r"(\d+)") if "(" in name else re.escape(name)


def _words(listed: str) -> list[str]:
    return [word for word in (word.strip() for word in listed.split(",")) if word]
