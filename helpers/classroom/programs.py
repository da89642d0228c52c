# SPDX-License-Identifier: Apache-2.0
"""The processes of each learner: JupyterLab, kernels, terminals, servers. Their environment has the learner's `LAB_HOME`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil

from helpers import processes
from helpers.classroom.place import Place
from helpers.settings import HOME
from helpers.stack.local import LocalLab

_PATIENCE = 10.0  # seconds to end after SIGTERM
_AT_ONCE = 16  # threads that end learners' programs; most of the time they wait

Found = dict[str, list[psutil.Process]]


def of_learners(place: Place) -> Found:
    """Return the running processes of each learner of the class, by name, each with its `info`: cmdline and memory_info."""
    found: Found = defaultdict(list)
    names = {str(place.lab(name)): name for name in place.names()}
    for process in psutil.process_iter(["cmdline", "environ", "memory_info", "status"]):
        home = (process.info["environ"] or {}).get(HOME)
        if home in names and process.info["status"] != psutil.STATUS_ZOMBIE:
            found[names[home]].append(process)
    return found


def end_all(place: Place) -> list[str]:
    """End every program of every learner, all learners at the same time, and return the names of those who had one."""
    found = of_learners(place)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="end") as pool:
        list(pool.map(lambda name: end(place, name, found[name]), found))
    return sorted(found)


def end(place: Place, name: str, running: Iterable[psutil.Process]) -> None:
    """End the lab of the learner `name` in good order, then the rest of `running`."""
    running = list(running)
    for process in running:
        if process.info["cmdline"][-1:] in (
            ["up"],
            ["down"],
        ):  # a command of a hub that was killed; it holds the lab's lock
            processes.stop(process, _PATIENCE)
    LocalLab(replace(place.settings, home=place.lab(name))).down()
    for process in running:
        processes.stop(process, _PATIENCE)
