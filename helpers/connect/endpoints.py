# SPDX-License-Identifier: Apache-2.0
"""The endpoints of Kafka Connect's REST interface: one request a method."""

# mypy: disable-error-code="no-any-return"
# What the worker sends is JSON; each method says what is in it.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.arguments import check_mapping, check_several
from helpers.connect.config import Config, as_text, checked, name_of, path
from helpers.connect.rest import Rest
from helpers.errors import InvalidInput

Status = dict[str, Any]
"""As the worker sends it: `connector` and each of `tasks` with its `state`, and with its `trace` where that is FAILED."""


STATES = ("RUNNING", "PAUSED", "STOPPED")
"""The states in which a connector may begin."""


class Endpoints:
    """One request a method, in the order of Kafka's documentation. `ConnectClient` adds the checks and the waits."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._ask = rest.ask

    # The worker and its plugins.

    def info(self) -> dict[str, str]:
        """Return the worker's `version`, `commit` and `kafka_cluster_id`."""
        return self._ask("GET", "/")

    def health(self) -> dict[str, str]:
        """Return the worker's `status` and a `message` about it."""
        return self._ask("GET", "/health")

    def plugins(self, *, connectors_only: bool = True) -> list[dict[str, str]]:
        """Return `class`, `type` and `version` of each connector (of transforms and converters too, if asked for)."""
        return self._ask("GET", "/connector-plugins", connectorsOnly=connectors_only)

    def plugin_config(self, plugin: str) -> list[dict[str, Any]]:
        """Return the keys that `plugin` knows: a definition with `name`, `type`, `default_value`, … for each."""
        return self._ask("GET", path("connector-plugins", plugin, "config"))

    def validate(self, config: Config) -> dict[str, Any]:
        """Return the worker's opinion: `error_count`, and in `configs` the definition, value and errors of each key."""
        plugin = checked(config).get("connector.class", "")
        return self._ask("PUT", path("connector-plugins", plugin, "config", "validate"), as_text(config))

    # Connectors and their configurations.

    def connectors(self) -> list[str]:
        """Return the names of the connectors, sorted."""
        return sorted(self._ask("GET", "/connectors"))

    def statuses(self) -> dict[str, Status]:
        """Return the name of each connector with its status."""
        return {name: it["status"] for name, it in self._ask("GET", "/connectors", expand="status").items()}

    def create(self, config: Config, *, state: str = "RUNNING") -> dict[str, Any]:
        """Create a connector that begins in `state` (RUNNING, PAUSED, STOPPED), and return its description."""
        if state not in STATES:
            raise InvalidInput(f"A connector cannot begin in {state!r}.", f"Choose one of {', '.join(STATES)}.")
        return self._ask(
            "POST", "/connectors", {"name": name_of(config), "config": as_text(config), "initial_state": state}
        )

    def put(self, config: Config) -> dict[str, Any]:
        """Create a connector or replace its whole configuration, and return its description."""
        return self._ask("PUT", path("connectors", name_of(config), "config"), as_text(config))

    def patch(self, name: str, changes: Config) -> dict[str, Any]:
        """Change some keys of a connector's configuration (None takes a key out), and return its description."""
        return self._ask("PATCH", path("connectors", name, "config"), as_text(changes))

    def get(self, name: str) -> dict[str, Any]:
        """Return a connector's `name`, `config`, `tasks` and `type`."""
        return self._ask("GET", path("connectors", name))

    def config(self, name: str) -> dict[str, str]:
        """Return a connector's configuration; what a config provider fills in stays a placeholder."""
        return self._ask("GET", path("connectors", name, "config"))

    def tasks(self, name: str) -> list[dict[str, Any]]:
        """Return `id` and `config` of each task."""
        return self._ask("GET", path("connectors", name, "tasks"))

    def delete(self, name: str) -> None:
        """Delete a connector. Its offsets stay: a new connector of this name continues where the old one was."""
        self._ask("DELETE", path("connectors", name))

    # What a connector does now.

    def status(self, name: str) -> Status:
        """Return the state of the connector and of each of its tasks: one may run while the others have failed.

        For a moment after its creation a connector has none: `ConnectFailed` with the status 404. `wait_running` waits for it.
        """
        return self._ask("GET", path("connectors", name, "status"))

    def pause(self, name: str) -> None:
        """Pause a connector: its tasks stay and do nothing. `wait_state(name, "PAUSED")` waits for it."""
        self._ask("PUT", path("connectors", name, "pause"))

    def resume(self, name: str) -> None:
        """Let a paused or stopped connector continue."""
        self._ask("PUT", path("connectors", name, "resume"))

    def stop(self, name: str) -> None:
        """Stop a connector: its tasks end, its configuration and offsets stay. `wait_state(name, "STOPPED")` waits."""
        self._ask("PUT", path("connectors", name, "stop"))

    def restart(self, name: str, *, tasks: bool = True, only_failed: bool = False) -> None:
        """Start a connector again, with its tasks or without, or only what has failed."""
        self._ask("POST", path("connectors", name, "restart"), includeTasks=tasks, onlyFailed=only_failed)

    def restart_task(self, name: str, task: int) -> None:
        """Start one task again."""
        self._ask("POST", path("connectors", name, "tasks", task, "restart"))

    def topics(self, name: str) -> list[str]:
        """Return the topics that a connector has used, sorted."""
        return sorted(self._ask("GET", path("connectors", name, "topics"))[name]["topics"])

    # How far a connector has come.

    def offsets(self, name: str) -> list[dict[str, Any]]:
        """Return `partition` and `offset` pairs: places in the source, or in the topics that a sink reads."""
        return self._ask("GET", path("connectors", name, "offsets"))["offsets"]

    def alter_offsets(self, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        """Set the offsets of a stopped connector, and return the worker's message; an offset of None deletes it."""
        check_several("offsets", offsets)
        for pair in offsets:
            check_mapping("offsets", pair)
            if not {"partition", "offset"} <= pair.keys():
                problem = f"`offsets` cannot have {pair!r:.60}."
                raise InvalidInput(problem, "Give dictionaries with `partition` and `offset`, as `offsets` returns.")
        return self._ask("PATCH", path("connectors", name, "offsets"), {"offsets": list(offsets)})["message"]

    def reset_offsets(self, name: str) -> str:
        """Delete the offsets of a stopped connector, which then starts from the beginning; return the worker's message."""
        return self._ask("DELETE", path("connectors", name, "offsets"))["message"]
