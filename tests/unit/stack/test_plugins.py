# SPDX-License-Identifier: Apache-2.0
"""Which classes a plugin brings, by its manifests alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

from helpers.stack import plugins

SERVICES = "META-INF/services/org.apache.kafka.connect."


def jar(path: Path, manifests: dict[str, str]) -> None:
    """Write a jar with these manifests, each by the last part of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("org/example/Some.class", b"")
        for name, text in manifests.items():
            archive.writestr(SERVICES + name, text)


def test_converters_and_transforms_count_and_connectors_come_first(tmp_path: Path) -> None:
    converters = {"storage.Converter": "# ours\norg.example.Both\n", "storage.HeaderConverter": "org.example.Both\n"}
    jar(tmp_path / "mine" / "a.jar", {**converters, "transforms.Transformation": "org.example.Cut"})
    jar(tmp_path / "mine" / "lib" / "b.jar", {"sink.SinkConnector": "org.example.Sink  # the only one"})
    jar(tmp_path / "mine" / "c.jar", {})
    manifest = tmp_path / "mine" / "classes" / f"{SERVICES}transforms.predicates.Predicate"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("org.example.When\n")
    [plugin] = plugins.installed(tmp_path)
    assert list(plugin.classes.items()) == [
        ("org.example.Sink", "sink"),
        ("org.example.Both", "converter"),
        ("org.example.Cut", "transform"),
        ("org.example.When", "predicate"),
    ]


def test_a_jar_without_manifests_brings_nothing(tmp_path: Path) -> None:
    jar(tmp_path / "mine" / "a.jar", {})
    [plugin] = plugins.installed(tmp_path)
    assert (plugin.name, plugin.classes) == ("mine", {})
