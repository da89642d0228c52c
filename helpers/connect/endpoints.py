"""The endpoints of Kafka Connect's REST interface, each a method."""

# mypy: disable-error-code="no-any-return"
# What the worker sends is JSON; each method tells what is in it.

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from helpers.connect.causes import Failure, failures
from helpers.connect.keys import check_class, check_keys
from helpers.connect.rest import Rest
from helpers.errors import ConnectFailed, InvalidInput, LabNotRunning, TimedOut
from helpers.lab import Lab
from helpers.waiting import wait_until

Config = Mapping[str, object]
"""A connector's configuration by Kafka's keys, its `name` among them."""
Status = dict[str, Any]
"""As the worker tells it: `connector` and each of `tasks` with its `state`, and with its `trace` where that is FAILED."""
_RETELLING = 5.0
"""Seconds after which a failure that is still told counts as a new one like the old."""


class Endpoints:
    """One method an endpoint; the paths are those of Kafka's documentation. `ConnectClient` adds the waits."""

    def __init__(self, lab: Lab, *, timeout: float = 30.0) -> None:
        if not lab.connect_url:
            raise LabNotRunning("This lab has no Kafka Connect worker.", "Start one with `lab up`, or set its address.")
        self._rest = Rest(lab.connect_url, timeout)
        self._ask = self._rest.ask

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
        """Return what `plugin` can be told: a definition with `name`, `type`, `default_value`, … for each key."""
        return self._ask("GET", f"/connector-plugins/{plugin}/config")

    def validate(self, config: Config) -> dict[str, Any]:
        """Return the worker's opinion: `error_count`, and in `configs` the definition, value and errors of each key."""
        plugin = config.get("connector.class", "")
        return self._ask("PUT", f"/connector-plugins/{plugin}/config/validate", _text(config))

    def check(self, config: Config) -> None:
        """Return if the worker takes `config` and reads all of it.

        Raises `InvalidInput` for a class that the worker does not have, for a key that nobody reads (with the nearest
        that somebody does), for a value that would be taken for another, and for a password in clear; `ConnectFailed`
        for what the connector itself refuses.
        """
        check_class(_text(config), [plugin["class"] for plugin in self.plugins()])
        check_keys(_text(config), self.validate(config)["configs"])

    # Connectors and their configurations.

    def connectors(self) -> list[str]:
        """Return the names of the connectors, sorted."""
        return sorted(self._ask("GET", "/connectors"))

    def create(self, config: Config, *, state: str = "RUNNING", check: bool = True) -> dict[str, Any]:
        """Create a connector that begins in `state` (RUNNING, PAUSED, STOPPED), and return its description.

        Raises what `check` raises, unless that is not asked for.
        """
        if check:
            self.check(config)
        body = {"name": name_of(config), "config": _text(config), "initial_state": state}
        return self._shown(self._ask("POST", "/connectors", body))

    def put(self, config: Config, *, check: bool = True) -> dict[str, Any]:
        """Create a connector or replace its whole configuration, and return its description. Raises what `check` does.

        For a moment the state that the worker tells is still the one of the old configuration; `run` waits that out.
        """
        if check:
            self.check(config)
        return self._shown(self._ask("PUT", f"/connectors/{name_of(config)}/config", _text(config)))

    def patch(self, name: str, changes: Mapping[str, object]) -> dict[str, Any]:
        """Change some keys of a connector's configuration (None takes a key out), and return its description.

        Raises what `check` raises for the configuration that comes of it.
        """
        merged = {**self.config(name), **changes}
        self.check({key: value for key, value in merged.items() if value is not None})
        return self._ask("PATCH", f"/connectors/{name}/config", _text(changes))

    def get(self, name: str) -> dict[str, Any]:
        """Return a connector's `name`, `config`, `tasks` and `type`."""
        return self._ask("GET", f"/connectors/{name}")

    def config(self, name: str) -> dict[str, str]:
        """Return a connector's configuration; what a config provider fills in stays a placeholder."""
        return self._ask("GET", f"/connectors/{name}/config")

    def tasks(self, name: str) -> list[dict[str, Any]]:
        """Return `id` and `config` of each task."""
        return self._ask("GET", f"/connectors/{name}/tasks")

    def delete(self, name: str) -> None:
        """Delete a connector, and wait until the worker no longer shows it.

        Its offsets stay: a new connector of this name goes on where the old one was. `forget` deletes them too.
        """
        self._ask("DELETE", f"/connectors/{name}")
        wait_until(lambda: self._known_status(name) is None, self._rest.timeout, f"connector {name} to be gone")

    # What a connector does now.

    def status(self, name: str) -> Status:
        """Return the state of the connector and of each of its tasks: one may run while the others have failed."""
        return self._ask("GET", f"/connectors/{name}/status")

    def task_status(self, name: str, task: int) -> dict[str, Any]:
        """Return `state`, and `trace` if that is FAILED, of one task."""
        return self._ask("GET", f"/connectors/{name}/tasks/{task}/status")

    def pause(self, name: str) -> None:
        """Let a connector rest: its tasks stay as they are and do nothing. `wait_state(name, "PAUSED")` waits for it."""
        self._ask("PUT", f"/connectors/{name}/pause")

    def resume(self, name: str) -> None:
        """Let a paused or stopped connector go on."""
        self._ask("PUT", f"/connectors/{name}/resume")

    def stop(self, name: str) -> None:
        """Stop a connector: its tasks end, its configuration and offsets stay. `wait_state(name, "STOPPED")` waits."""
        self._ask("PUT", f"/connectors/{name}/stop")

    def restart(self, name: str, *, tasks: bool = True, only_failed: bool = False) -> None:
        """Start a connector again, with its tasks or without, or only what has failed.

        Returns when the worker no longer tells of the failures before, so that a wait meets what comes now.
        """
        with self._told_anew(name, lambda failed: tasks or failed.task is None):
            self._ask("POST", f"/connectors/{name}/restart", includeTasks=tasks, onlyFailed=only_failed)

    def restart_task(self, name: str, task: int) -> None:
        """Start one task again. Returns when the worker no longer tells of its failure before."""
        with self._told_anew(name, lambda failed: failed.task == task):
            self._ask("POST", f"/connectors/{name}/tasks/{task}/restart")

    def topics(self, name: str) -> list[str]:
        """Return the topics that a connector has used, sorted."""
        return sorted(self._ask("GET", f"/connectors/{name}/topics")[name]["topics"])

    def reset_topics(self, name: str) -> None:
        """Forget the topics that a connector has used."""
        self._ask("PUT", f"/connectors/{name}/topics/reset")

    # How far a connector has come.

    def offsets(self, name: str) -> list[dict[str, Any]]:
        """Return `partition` and `offset` pairs: places in the source, or in the topics that a sink reads."""
        return self._ask("GET", f"/connectors/{name}/offsets")["offsets"]

    def alter_offsets(self, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        """Set the offsets of a stopped connector, and return what the worker says of it; an offset of None deletes it."""
        return self._ask("PATCH", f"/connectors/{name}/offsets", {"offsets": list(offsets)})["message"]

    def reset_offsets(self, name: str) -> str:
        """Delete the offsets of a stopped connector, which then begins anew; return what the worker says of it."""
        return self._ask("DELETE", f"/connectors/{name}/offsets")["message"]

    # The worker's log.

    def loggers(self) -> dict[str, dict[str, Any]]:
        """Return logger to its `level` and when that was changed (`last_modified`, ms since the epoch)."""
        return self._ask("GET", "/admin/loggers")

    def logger(self, name: str) -> dict[str, Any]:
        """Return `level` and `last_modified` of one logger."""
        return self._ask("GET", f"/admin/loggers/{name}")

    def set_logger(self, name: str, level: str) -> list[str]:
        """Set the level of a logger and of all below it, and return their names."""
        return self._ask("PUT", f"/admin/loggers/{name}", {"level": level})

    def _shown(self, description: dict[str, Any]) -> dict[str, Any]:
        """Return `description` once the worker lists the connector: it writes first, and reads what it wrote later."""
        name = description["name"]
        wait_until(lambda: name in self.connectors(), self._rest.timeout, f"connector {name} to be listed")
        return description

    @contextmanager
    def _told_anew(self, name: str, restarted: Callable[[Failure], bool]) -> Iterator[None]:
        """After the block, wait until the worker tells of no failure that was there before and whose part is `restarted`.

        It writes states first, and reads what it wrote later.
        """
        before = self._failures(name)
        yield
        stale = set(filter(restarted, before))
        try:
            wait_until(lambda: stale.isdisjoint(self._failures(name)), _RETELLING, "an end of the old failures")
        except TimedOut:  # it has failed again, in the very same words, before anybody looked: what is told is true
            return

    def _failures(self, name: str) -> list[Failure]:
        status = self._known_status(name)
        return failures(name, status) if status else []

    def _known_status(self, name: str) -> Status | None:
        try:
            return self.status(name)
        except ConnectFailed as error:
            if error.status != 404:
                raise
            return None


def name_of(config: Config) -> str:
    """Return the connector's name. Raises `InvalidInput` if the configuration has none, or one with a slash."""
    name = config.get("name")
    if not isinstance(name, str) or not name or "/" in name:
        remedy = "Give its configuration a `name`, without a slash."
        raise InvalidInput(f"A connector cannot have the name {name!r}.", remedy)
    return name


def _text(config: Config) -> dict[str, Any]:
    """A configuration is text to Kafka; None stands for a key to take out."""
    return {key: value if value is None else _word(value) for key, value in config.items()}


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
