# SPDX-License-Identifier: Apache-2.0
"""What the lab downloads, and what it makes of that.

- `pin` writes `artifacts.toml`, for maintainers
- `artifacts` what is missing is fetched and unpacked
- `download` `maven` `unpack` one file from the network; its address; from an archive to a folder
- `web` `catalogue` `database` how files are asked for; what is pinned; the database server on this computer
"""
