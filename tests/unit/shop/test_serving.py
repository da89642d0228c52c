# SPDX-License-Identifier: Apache-2.0
"""The options of a program of the shop in a file of settings."""

from __future__ import annotations

import json
from pathlib import Path

from helpers.shop.serving import parse, parser


def test_a_zero_in_the_settings_is_a_value(tmp_path: Path) -> None:
    options = parser("a program")
    options.add_argument("--stock", type=int)
    options.add_argument("--naive", action="store_true")
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"stock": 0, "naive": False, "gateway": None}))
    assert vars(parse(options, ["--settings", str(file)])) == {"port": 0, "gateway": None, "stock": 0, "naive": False}
