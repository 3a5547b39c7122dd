# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as credentials: read from PEM or PKCS #12, checked before anything is sent.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .._errors import ConfigurationError
from .._files import read_regular


def certificate_credential(path: str, password: str | None) -> dict[str, str]:
    """Return private key and certificate as msal takes them; msal computes the thumbprint.

    ``path`` names a PEM file with both or a PKCS #12 file (PFX). Raises ``ConfigurationError`` for a file that
    cannot be read, a wrong password, a missing part, and a certificate outside its time of validity.
    """
    try:
        content = read_regular(path)
    except OSError as error:
        raise ConfigurationError(f"certificate_path {path} cannot be read: {error.strerror}.") from error
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        raise ConfigurationError(
            "The Python library cryptography is missing, install the package cryptography with pip."
        ) from error
    read = _read_pem if b"-----BEGIN" in content else _read_pkcs12
    key, certificate = read(content, password.encode() if password else None, path)
    _require_rsa(key, path)
    _require_valid(certificate, path)
    return {
        "private_key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "public_certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
    }


def _read_pem(content: bytes, password: bytes | None, path: str) -> tuple[Any, Any]:
    """Return key and certificate of a PEM file; of several certificates the one that belongs to the key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        certificates = x509.load_pem_x509_certificates(content)
        encrypted = b"ENCRYPTED" in content
        key = serialization.load_pem_private_key(content, password if encrypted else None)
    except (TypeError, ValueError) as error:
        raise _unusable(path, "private key in PEM format and its certificate") from error
    for certificate in certificates:
        if certificate.public_key() == key.public_key():  # type: ignore[comparison-overlap, unused-ignore]
            return key, certificate
    raise ConfigurationError(f"certificate_path {path} holds no certificate for its private key; add it to the file.")


def _read_pkcs12(content: bytes, password: bytes | None, path: str) -> tuple[Any, Any]:
    """Return key and certificate of a PKCS #12 file."""
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        key, certificate, _chain = pkcs12.load_key_and_certificates(content, password)
    except ValueError as error:
        raise _unusable(path, "PEM file or PKCS #12 file (PFX)") from error
    if not (key and certificate):
        raise ConfigurationError(f"certificate_path {path} needs both a certificate and its private key.")
    return key, certificate


def _unusable(path: str, wanted: str) -> ConfigurationError:
    """Return the error for content that cannot be decoded; libraries tell a wrong password from damage nowhere."""
    return ConfigurationError(
        f"certificate_path {path} is no {wanted}, or certificate_password is missing or wrong for it."
    )


def _require_rsa(key: Any, path: str) -> None:
    """Refuse a key that msal cannot sign with."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(
            f"The private key in certificate_path {path} is no RSA key, which signing in needs; give one with it."
        )


def _require_valid(certificate: Any, path: str) -> None:
    """Refuse a certificate outside its time of validity."""
    now = datetime.now(timezone.utc)
    if certificate.not_valid_after_utc < now:
        raise ConfigurationError(
            f"The certificate in certificate_path {path} expired on {certificate.not_valid_after_utc:%Y-%m-%d};"
            " upload a new one to the app registration and use it here."
        )
    if certificate.not_valid_before_utc > now:
        raise ConfigurationError(
            f"The certificate in certificate_path {path} is not valid before"
            f" {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC; check this machine's clock."
        )
