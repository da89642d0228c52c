# SPDX-License-Identifier: Apache-2.0
"""What the lab downloads, and what it makes of that.

- `pin` writes `artifacts.toml`, for maintainers
- `artifacts` download and unpack what is missing
- `download` `maven` `unpack` one file from the network; its address; from an archive to a folder
- `web` `catalogue` `database` how files are requested; what is pinned; the database server on this computer
"""
