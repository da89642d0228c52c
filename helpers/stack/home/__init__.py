# SPDX-License-Identifier: Apache-2.0
"""What a lab keeps in its folder.

- `secrets` the passwords
- `state` `folder` `place` ports and versions; the folder itself; where one server lives
- `accounts` who may do what in the database
"""
