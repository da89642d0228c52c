"""What tests need of the machine: the cache of downloads, other people's servers, labs to break."""

from __future__ import annotations

from pathlib import Path

from helpers.settings import settings


def cache_folder() -> Path:
    """Return the user's cache: downloads are shared with the learner's lab, state never is."""
    return settings().cache
