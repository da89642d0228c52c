# SPDX-License-Identifier: Apache-2.0
"""The schema registry of a lab on this computer. It is optional: only `./lab registry up` downloads and starts it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers.stack.home import folder
from helpers.stack.home.place import Place
from helpers.stack.install import artifacts
from helpers.stack.local import LocalLab
from helpers.stack.progress import Reporter
from helpers.stack.servers.registry import Registry
from helpers.stack.status import ServerStatus

CONVERTER = "apicurio-avro-converter"
"""The plugin that lets the worker read and write Avro with the registry's schemas."""


def up(lab: LocalLab, report: Reporter) -> dict[str, ServerStatus]:
    """Start the registry, and those servers of `lab` that do not run. Return the status of all.

    The worker gets the plugin `CONVERTER`. If it runs without that, it is restarted once.
    Raises `DownloadFailed` if the registry must be downloaded and cannot be, before anything else is changed, and what
    `LocalLab.up` raises.
    """
    found = artifacts.prepare_registry(lab.settings.cache, report, mirror=lab.settings.maven_url)
    if not (lab.plugin_paths()[-1] / CONVERTER).exists():
        _add_converter(lab, found.converter, report)
    return lab.up(report, registry=found.program)


def down(lab: LocalLab) -> bool:
    """Stop the registry, and return whether it ran. Its schemas and the converter stay."""
    if not lab.home.exists():
        return False
    with folder.locked(lab.home):
        return Place(lab.home, Registry.kind).end(Registry.stop_timeout)


def _add_converter(lab: LocalLab, jars: Sequence[Path], report: Reporter) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / CONVERTER
        source.mkdir()
        for jar in jars:
            shutil.copy(jar, source)
        lab.add_plugin(str(source), report)
