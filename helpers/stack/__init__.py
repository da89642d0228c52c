# SPDX-License-Identifier: Apache-2.0
"""How the servers are downloaded and run. Lessons use `helpers.lab`. That, `cluster`, the command and the tests import from here.

- `labs` which lab is in a folder
- `local` the lab on this computer: its servers together
- `cluster` `cluster_guard` several brokers for a while, and what ends them
- `installed` `plugins` the programs on this computer that run them; connectors that the user adds
- `servers` `containers` one server each; Docker Compose
- `install` `home` what is downloaded and unpacked; what a lab keeps in its folder
- `progress` `status` how the stack reports
"""
