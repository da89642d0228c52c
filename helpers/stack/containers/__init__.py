# SPDX-License-Identifier: Apache-2.0
"""The lab in containers.

- `compose` the lab that docker-compose.yml describes
- `docker` the `docker` of this computer
"""
