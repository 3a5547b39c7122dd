# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs and certificates: the authority's signing key, the certificate of the applications, the CA of the
server.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class KeyPair:
    """An RSA key with a self-signed certificate."""

    private: RSAPrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """Private key and certificate in one PEM text, as `certificate_path` options take it."""
        key = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + self.certificate.public_bytes(serialization.Encoding.PEM)

    def thumbprint(self, algorithm: str) -> bytes:
        return hashlib.new(algorithm, self.certificate.public_bytes(serialization.Encoding.DER)).digest()


def make_key_pair(name: str, *, days: int = 365) -> KeyPair:
    """A new pair; negative `days` make a certificate that has expired."""
    private = generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.now(timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(private, hashes.SHA256())
    )
    return KeyPair(private, certificate)


@cache
def key_pair(name: str) -> KeyPair:
    """The pair of this name for the whole process: making one takes a tenth of a second."""
    return make_key_pair(name)


def stored_key_pair(name: str, folder: Path | None) -> KeyPair:
    """The pair of this name, kept in `folder` (readable by its owner only) so that it outlives the process."""
    if folder is None:
        return key_pair(name)
    path = folder / f"{name}.pem"
    if not path.exists():
        write_private(path, key_pair(name).pem())
    content = path.read_bytes()
    private = serialization.load_pem_private_key(content, None)
    assert isinstance(private, RSAPrivateKey)
    return KeyPair(private, x509.load_pem_x509_certificate(content))


def write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as target:
        target.write(content)
