# SPDX-License-Identifier: Apache-2.0
"""How the servers are obtained and run. Lessons use `helpers.lab`; only that, the command and the tests come in here.

- `labs` which lab is in a folder
- `local` the lab on this computer: its servers together
- `installed` `plugins` what is on this computer to run them with; connectors that the user adds
- `servers` `containers` one server each; Docker Compose
- `install` `home` what is downloaded and unpacked; what a lab keeps in its folder
- `progress` `status` how the stack reports
"""
