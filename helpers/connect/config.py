# SPDX-License-Identifier: Apache-2.0
"""A connector's configuration as all modules here use it, and as a request needs it: values as text, its name as part of a path."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from helpers.errors import InvalidInput

Config = dict[str, Any]
"""A connector's configuration by Kafka's keys, its `name` among them."""


def name_of(config: Config) -> str:
    """Return the connector's name. Raises `InvalidInput` if the configuration has none, or one that no path can hold."""
    name = _checked(config).get("name")
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
        if str(part) in ("", ".", "..") or set("/%") & set(str(part)):
            raise InvalidInput(f"Kafka Connect cannot have the name {part!r}.", "Use a name without / and %.")
    return "".join("/" + quote(str(part), safe="") for part in parts)


def as_text(config: Config) -> Config:
    """Return `config` with its values as text, which is all that Kafka knows; None stands for a key to take out.

    Raises `InvalidInput` for what is no dictionary.
    """
    return {key: value if value is None else _word(value) for key, value in _checked(config).items()}


def _checked(config: object) -> Config:
    if not isinstance(config, dict):
        problem = f"A connector's configuration is a dictionary, not {type(config).__name__}."
        raise InvalidInput(problem, "Give Kafka's keys with their values, and `name` among them.")
    return config


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
