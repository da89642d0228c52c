# SPDX-License-Identifier: Apache-2.0
"""Start several servers side by side. In the end all of them answer, or none that was started here runs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from helpers.stack.progress import Reporter
from helpers.stack.servers.server import Server


def start(servers: Sequence[Server], report: Reporter, *, later: tuple[type[Server], ...] = ()) -> None:
    """Start the servers side by side and wait for all of them, but for those of the kinds in `later`.

    After a failure stop those that were started here.
    """
    started: list[Server] = []
    cancelled = threading.Event()
    bar = report.bar("Starting", len(servers), "servers")

    def run(server: Server) -> None:
        if server.start():
            started.append(server)
            report.say(f"Starting {server.name} {server.version}")
        if cancelled.is_set():  # the servers that it needs have stopped: it would wait for nothing
            return
        if isinstance(server, later):
            report.say(f"{server.name} still starts, at {server.address}")
        else:
            server.wait_ready()
            report.say(f"{server.name} answers at {server.address}")
        bar.advance(1)

    pool = ThreadPoolExecutor(len(servers), thread_name_prefix="start")
    try:
        for done in as_completed([pool.submit(run, server) for server in servers]):
            done.result()
    except BaseException:
        cancelled.set()
        # In the order of `servers`, because Connect ends at once only while its broker runs. And twice: the second
        # round finds a server that a thread started during the first round, also after a second Ctrl-C.
        try:
            _stop_all(servers, started)
            pool.shutdown(wait=True)
        finally:
            _stop_all(servers, started)
        raise
    pool.shutdown()


def _stop_all(servers: Sequence[Server], started: Sequence[Server]) -> None:
    for server in servers:
        if server in started:
            server.stop()
