# SPDX-License-Identifier: Apache-2.0
"""Which lab a notebook works with. It begins with `lab = attach()`, and names there what it needs beside Kafka."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from helpers.errors import LabError, LabNotRunning, Unsupported
from helpers.lab import Database, Lab
from helpers.settings import ATTACH, BROKER, Settings
from helpers.settings import settings as read_settings
from helpers.stack.containers.compose import SECRETS, ComposeLab
from helpers.stack.home.accounts import DATABASE
from helpers.stack.home.secrets import CONNECT_USER, connect_password_file, password_file, worker_folder
from helpers.stack.install.database import Product
from helpers.stack.labs import lab_in
from helpers.stack.servers.registry import CLIENTS
from helpers.stack.status import ServerStatus

if TYPE_CHECKING:
    from helpers.given import GivenDatabase

Need = Literal["connect", "database", "this computer"]
"""What a lesson may need beside Kafka. "this computer": it ends servers or reads their files, so they are processes here."""

_MISSING = {
    "connect": "needs Kafka Connect, and no worker is known beside",
    "database": "needs a database, and none is known beside",
    "this computer": "ends servers or reads their files, which is not possible with",
}

_BY_DEFAULT = 6000
"""Kafka's default of `group.min.session.timeout.ms`. A given broker may not allow less."""


def attach(*needs: Need, where: Settings | None = None) -> Lab:
    """Return the lab to work with: the servers that the environment names, else the lab of this user on this computer.

    Raises `LabNotRunning` if there is neither, or if it lacks one of `needs`; `Unsupported` if "this computer" is one of them and
    the servers run in containers or elsewhere; `ServerFailed` if "connect" is one of them and it does not answer in time;
    and what `given.read` raises for a bad `LAB_ATTACH`.
    """
    lab = _attached(where or read_settings())
    for need in needs:
        if not _has(lab, need):
            raise _missing(lab, need)
    if "connect" in needs:
        lab.wait_connect()
    return lab


def _has(lab: Lab, need: Need) -> bool:
    if need == "this computer":
        return lab.home is not None and lab.inside is None
    return (lab.connect_url if need == "connect" else lab.database) is not None


def _missing(lab: Lab, need: Need) -> LabError:
    variable = ATTACH if lab.settings.attach else BROKER
    kind = "a lab in containers" if lab.home else f"the servers that {variable} names"
    problem = f"This lesson {_MISSING[need]} {kind}."
    if need == "this computer":
        return Unsupported(problem, "Use a lab of `./lab up`, in another LAB_HOME. Or continue with the next lesson.")
    return LabNotRunning(problem, f"Name it in {ATTACH}, or unset {variable} to use the lab of `./lab up`.")


def _attached(where: Settings) -> Lab:
    if where.attach:
        return _given(where.attach, where)
    if where.bootstrap_servers:
        addresses = where.bootstrap_servers, where.connect_url
        return Lab(*addresses, registry_url=where.registry_url, session_timeout=_BY_DEFAULT, settings=where)
    status = _running(where)
    if not status:
        raise LabNotRunning(f"No lab runs in {where.home}.", "Start it in a terminal: `./lab up`.")
    return replace(describe(where.home, status), settings=where)


def _running(where: Settings) -> dict[str, ServerStatus]:
    """The servers of the lab on this computer; none if its Kafka does not run. Docker is not asked: it needs seconds and rights."""
    here = lab_in(where)
    if isinstance(here, ComposeLab):
        return here.answering()
    status = here.status()
    return status if status and status["kafka"].running else {}


def _given(source: str, where: Settings) -> Lab:
    from helpers import given  # it checks with pydantic, which takes a fifth of a second

    them = given.read(source)
    inside = them.inside
    return Lab(
        them.bootstrap_servers,
        them.connect_url,
        _given_database(them.database),
        inside=Lab(inside.bootstrap_servers, inside.connect_url, _given_database(inside.database)) if inside else None,
        registry_url=them.registry_url,
        connect_user=them.connect_user,
        connect_password_file=them.connect_password_file,
        worker_secrets=them.worker_secrets,
        session_timeout=_BY_DEFAULT,
        security={key: str(value) for key, value in them.clients.items()},
        settings=where,
    )


def _given_database(them: GivenDatabase | None) -> Database | None:
    return Database(**them.model_dump()) if them else None


def describe(home: Path, status: dict[str, ServerStatus]) -> Lab:
    """Return the lab in `home`, running or not, from its servers' `status`."""
    owner, connect = password_file(home, "owner"), connect_password_file(home)
    product: Product = "mysql" if "mysql" in status else "mariadb"
    addresses = {name: server.address for name, server in status.items()}
    inside = {name: server.inside for name, server in status.items() if server.inside}
    seen = _lab(inside, product, SECRETS / owner.name) if inside else None
    lab = _lab(addresses, product, owner, home, inside=seen)
    if connect:
        lab = replace(lab, connect_user=CONNECT_USER, connect_password_file=str(connect))
    return lab if inside else replace(lab, worker_secrets=str(worker_folder(home)))


def _lab(
    addresses: Mapping[str, str],
    product: Product,
    owner: PurePath,
    home: Path | None = None,
    *,
    inside: Lab | None = None,
) -> Lab:
    host, port = addresses[product].rsplit(":", 1)
    database = Database(host, int(port), DATABASE, "owner", str(owner), product)
    registry = f"{addresses['registry']}{CLIENTS}" if "registry" in addresses else None
    return Lab(addresses["kafka"], addresses["connect"], database, home, inside, registry)


def as_dictionary(home: Path, status: dict[str, ServerStatus]) -> dict[str, object]:
    """Return what `./lab status --json` prints. Scripts depend on its keys."""
    lab = describe(home, status)
    return {
        "bootstrap_servers": lab.bootstrap_servers,
        "connect_url": lab.connect_url,
        "connect_user": lab.connect_user,
        "connect_password_file": lab.connect_password_file,
        "registry_url": lab.registry_url,
        "database": asdict(lab.database) if lab.database else None,
        "worker_secrets": lab.worker_secrets,
        "inside": _view(lab.inside) if lab.inside else None,
        "home": str(home),
        "servers": {name: asdict(server) for name, server in status.items()},
    }


def _view(inside: Lab) -> dict[str, object]:
    database = asdict(inside.database) if inside.database else None
    return {"bootstrap_servers": inside.bootstrap_servers, "connect_url": inside.connect_url, "database": database}
