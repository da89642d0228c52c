# SPDX-License-Identifier: Apache-2.0
"""A certificate made for the class: it encrypts, and browsers warn of it once because nobody has signed it."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from pathlib import Path

_YEARS = 1


def make(folder: Path, address: str) -> tuple[Path, Path]:
    """Return the files of a certificate for `address` and of its key. They are made if they are not in `folder` yet."""
    name = f"class-{address.replace(':', '-')}"
    certificate, key = folder / name / f"{name}.crt", folder / name / f"{name}.key"
    if not (certificate.exists() and key.exists()):
        from certipy import Certipy  # of the packages for a class: to end one needs nothing that may be missing

        maker = Certipy(store_dir=str(folder))
        maker.create_ca("authority", years=_YEARS, overwrite=True)
        maker.create_signed_pair(name, "authority", years=_YEARS, alt_names=[_alternative(address)], overwrite=True)
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of `certificate` as browsers show it, to compare with what the board says."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii"))).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _alternative(address: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(address)}"
    except ValueError:
        return f"DNS:{address}"
