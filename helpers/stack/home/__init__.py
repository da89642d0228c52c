"""What a lab keeps in its folder.

- `secrets` the passwords
- `state` `folder` `accounts` ports and versions; the folder itself; who may do what in the database
"""
