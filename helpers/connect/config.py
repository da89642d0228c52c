# SPDX-License-Identifier: Apache-2.0
"""A connector's configuration as all modules here use it, and as a request needs it: values as text, its name as part of a path."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from helpers.arguments import check_mapping, check_text
from helpers.errors import InvalidInput

Config = dict[str, Any]
"""A connector's configuration by Kafka's keys, its `name` among them."""


def name_of(config: Config) -> str:
    """Return the connector's name. Raises `InvalidInput` if the configuration has none, or one that no path can hold."""
    name = checked(config).get("name")
    if not isinstance(name, str):
        raise InvalidInput(f"A connector cannot have the name {name!r}.", "Give its configuration a `name`.")
    path(name)
    return name


def path(*parts: str | int) -> str:
    """Return the path of a request, each of `parts` encoded: `path("connectors", "a#b")` is `/connectors/a%23b`.

    Without that, a `#`, `?` or `;` ends a name early, and the request is for another connector.
    Raises `InvalidInput` for a name that no path can hold: an empty one, `.` and `..`, one with a slash, and one with a
    percent sign, which the worker refuses even encoded.
    """
    for part in parts:
        check_text("name", str(part), may_be_empty=True)
        if str(part) in ("", ".", "..") or set("/%") & set(str(part)):
            raise InvalidInput(f"Kafka Connect cannot have the name {part!r}.", "Use a name without / and %.")
    return "".join("/" + quote(str(part), safe="") for part in parts)


def as_text(config: Config) -> Config:
    """Return `config` with its values as text, which is all that Kafka knows; None stands for a key to take out.

    Raises `InvalidInput` for what is no dictionary, and for a list, which Kafka writes as one text: "users,orders".
    """
    return {key: value if value is None else _word(key, value) for key, value in checked(config).items()}


def complete(config: Config) -> dict[str, str]:
    """Return `config` as `as_text` does. Raises `InvalidInput` as that does, and for a key without a value."""
    if empty := [key for key, value in checked(config).items() if value is None]:
        problem = f"Connector {config.get('name')!r} has no value for {', '.join(empty)}."
        raise InvalidInput(problem, "Leave the key out.")
    return as_text(config)


def checked(config: object) -> Config:
    """Return `config` if it is a dictionary whose keys are texts. Raises `InvalidInput`."""
    if not isinstance(config, dict):
        problem = f"A connector's configuration is a dictionary, not {type(config).__name__}."
        raise InvalidInput(problem, "Give Kafka's keys with their values, and `name` among them.")
    check_mapping("config", config)
    return config


def _word(key: str, value: object) -> str:
    if isinstance(value, Collection) and not isinstance(value, str):
        problem = f"`{key}` must be a text, not {value!r:.60}."
        raise InvalidInput(problem, "Write a list as one text, with a comma between its values.")
    check_text(key, str(value), may_be_empty=True)
    return str(value).lower() if isinstance(value, bool) else str(value)
