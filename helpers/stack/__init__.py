# SPDX-License-Identifier: Apache-2.0
"""How the servers are downloaded and run. Lessons use `helpers.lab`. That, `cluster`, the command and the tests import from here.

- `labs` which lab is in a folder
- `registry` the schema registry of a lab on this computer
- `local` the lab on this computer: its servers together
- `training` caches for faster starts
- `cluster` `cluster_guard` several brokers for a while, and what ends them
- `installed` `plugins` the programs on this computer that run them; connectors that the user adds
- `containers` Docker Compose
- `shop` the shop of `./lab shop`
- `servers` one server each
- `install` `home` what is downloaded and unpacked; what a lab keeps in its folder
- `progress` `status` how the stack reports
"""
