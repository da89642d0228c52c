# SPDX-License-Identifier: Apache-2.0
"""Addresses in Maven repositories: jgo knows the central one and their layout, so our files contain no host name."""

from __future__ import annotations

from collections.abc import Sequence

from jgo.maven import Artifact, MavenContext


def maven_artifact(coordinate: str, context: MavenContext) -> Artifact:
    """Return jgo's artifact for `group:artifact:version[:packaging[:classifier]]`."""
    group, name, version, packaging, classifier, *_ = [*coordinate.split(":"), "jar", ""]
    return context.project(group, name).at_version(version).artifact(classifier, packaging)


def addresses(coordinates: Sequence[str], mirror: str | None = None) -> list[str]:
    """Return where the files of `coordinates` are, in the repository `mirror` if one is given."""
    context = MavenContext(remote_repos={"mirror": mirror} if mirror else None)
    [repository] = context.remote_repos.values()
    found = [maven_artifact(coordinate, context) for coordinate in coordinates]
    return [f"{repository.rstrip('/')}/{one.component.path_prefix.as_posix()}/{one.filename}" for one in found]
