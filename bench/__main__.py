# SPDX-License-Identifier: Apache-2.0
"""`python -m bench [PART]`, as `lab bench` runs it. Ends with 1 if a goal was missed."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bench import own, report
from bench.rows import Row
from helpers.command import console
from helpers.command.testing import BENCHMARKS
from helpers.errors import LabError
from helpers.settings import settings
from helpers.stack.home.folder import make_home

_MISSED = 1
_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run the part that `arguments` name, or all, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("part", nargs="?", choices=BENCHMARKS)
    part = parser.parse_args(arguments).part
    try:
        return _MISSED if any(row.met is False for row in run([part] if part else BENCHMARKS)) else 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except LabError as error:
        console.complain(error)
        return error.exit_code


def run(parts: Sequence[str]) -> list[Row]:
    """Run `parts`, print and keep what they found, and return it. What is done is kept even if a later part fails."""
    facts, results, path = report.machine(), dict[str, list[Row]](), _file()
    own.prepare()
    for part in parts:
        console.say(f"Measuring: {part}")
        results[part] = list(import_module(f"bench.{part}").measure())
        report.save(path, facts, results)
    report.show(facts, results)
    console.result(f"Kept in {path}")
    return [row for rows in results.values() for row in rows]


def _file() -> Path:
    home = settings().home
    make_home(home)
    folder = home / "bench"
    folder.mkdir(exist_ok=True)
    return folder / time.strftime("%Y-%m-%dT%H%M%S.json")


def _interrupt(*_: object) -> None:
    # Once: a second Ctrl-C must not keep the servers from being stopped. Each stop has its own deadline.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main(sys.argv[1:]))
