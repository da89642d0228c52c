# SPDX-License-Identifier: Apache-2.0
"""The settings of JupyterHub for a class. JupyterHub runs this file when it starts; `LAB_HOME` says which class it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from helpers.classroom import spawner, words
from helpers.classroom.place import TEACHER, Place, Room
from helpers.project import FIRST_NOTEBOOK
from helpers.settings import settings, variables

PAGE = "/services/teacher/"
"""The path of the teacher's page."""

_HERE = Path(__file__).parent
_PASSED_ON = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "TMPDIR", "TZ")


def configure(config: Any, place: Place, room: Room) -> None:
    """Set what a class needs in `config`. Whatever is secret comes from files: a command would show it to other users."""
    secret = words.words(place.secrets)
    hub = config.JupyterHub
    hub.bind_url = f"{room.scheme}://{room.bind}:{room.port}"
    hub.hub_bind_url = f"http://127.0.0.1:{room.hub_port}"
    hub.cookie_secret_file = str(place.secrets / "cookie")
    hub.ssl_cert, hub.ssl_key = room.certificate or "", room.key or ""
    hub.template_paths = [str(_HERE / "templates")]
    hub.shutdown_on_logout = True
    hub.concurrent_spawn_limit = 0  # the spawners queue, and say so
    hub.tornado_settings = {"slow_spawn_timeout": 1}  # seconds until the waiting page shows
    hub.default_url = _first_page
    _sign_in(config, place, secret)
    _proxy(config, place, room, secret)
    _labs(config)
    _services(hub, place, room, secret)


def _first_page(handler: Any) -> str:
    """The teacher comes to the page, a learner to their lab."""
    user = handler.current_user
    return PAGE if user and user.admin else ""


def _sign_in(config: Any, place: Place, secret: words.Words) -> None:
    config.JupyterHub.authenticator_class = "helpers.classroom.sign_in.RoomAuthenticator"
    config.RoomAuthenticator.user_password = secret.room
    config.RoomAuthenticator.admin_password = secret.teacher
    config.RoomAuthenticator.admin_users = {TEACHER}
    config.RoomAuthenticator.allow_all = True
    config.RoomAuthenticator.claims = str(place.claims)


def _proxy(config: Any, place: Place, room: Room, secret: words.Words) -> None:
    config.JupyterHub.proxy_class = "traefik_file"
    proxy = config.TraefikFileProviderProxy
    proxy.traefik_api_url = f"http://127.0.0.1:{room.api_port}"
    proxy.traefik_api_username = "hub"
    proxy.traefik_api_password = secret.proxy
    proxy.static_config_file = str(place.proxy_settings)
    proxy.dynamic_config_file = str(place.folder / "routes.toml")


def _labs(config: Any) -> None:
    config.JupyterHub.spawner_class = "helpers.classroom.spawner.LabSpawner"
    labs = config.LabSpawner
    labs.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
    labs.default_url = f"/lab/tree/{FIRST_NOTEBOOK}"
    labs.home_dir_template = str(Place(settings()).homes / "{username}")
    labs.start_timeout = spawner.START_TIMEOUT
    labs.http_timeout = 120  # seconds in which JupyterLab answers on a busy server
    labs.interrupt_timeout = 5  # JupyterLab ends its kernels; then it gets SIGTERM
    labs.poll_interval = 5
    labs.env_keep = ["PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", *_PASSED_ON]


def _services(hub: Any, place: Place, room: Room, secret: words.Words) -> None:
    seconds = max(1, round(room.idle * 60))
    every = max(1, min(60, seconds // 2))
    culler = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={seconds}", f"--cull-every={every}"]
    page = [sys.executable, "-m", "helpers.classroom.teacher_page"]
    url = f"http://127.0.0.1:{room.page_port}"
    environment = variables(place.settings)
    hub.services = [
        {"name": "idle-culler", "command": culler, "environment": environment},
        {
            "name": "teacher",
            "command": page,
            "url": url,
            "display": False,
            "oauth_no_confirm": True,  # who signed in as the teacher need not allow it once more
            "environment": environment,
        },
        {"name": "class", "api_token": secret.api},
    ]
    look = ["list:users", "read:users:activity", "read:servers"]
    manage = [*look, "servers", "delete:servers"]
    hub.load_roles = [
        {"name": "idle-culler", "scopes": [*look, "delete:servers"], "services": ["idle-culler"]},
        {"name": "class", "scopes": manage, "services": ["class", "teacher"]},
    ]


if "get_config" in globals():  # JupyterHub puts it here
    os.umask(0o077)
    _place = Place(settings())
    _room = _place.room()
    assert _room, "`lab class up` saves it before it starts the hub"
    configure(globals()["get_config"](), _place, _room)
