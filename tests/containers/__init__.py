# SPDX-License-Identifier: Apache-2.0
"""docker-compose.yml, run for real: on this computer's Docker engine, or on one that the tests make for themselves.

- `test_containers` the lab in containers, from its first start to its reset
- `engine` which engine it runs on
- `images` small images with the names of the real ones
- `debian` programs from Debian's packages, unpacked into a folder
- `parts` what runs inside the engine and the images
"""
