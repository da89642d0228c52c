# SPDX-License-Identifier: Apache-2.0
"""What a lab keeps in its folder.

- `secrets` `ports` the passwords; the ports
- `state` `folder` `place` ports and versions; the folder itself; the place of one server
- `accounts` who may do what in the database
"""
