# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client assertions: JWTs that an application signs with its certificate, or that a federated issuer signs for it.

Source: "Microsoft identity platform application authentication certificate credentials", "Workload identity
federation".
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timezone
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding

from ..tenant.directory import FEDERATED_AUDIENCE, Application
from .keys import KeyPair


class AssertionRefusedError(Exception):
    """An assertion is refused: AADSTS number and text."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


class AssertionVerifier:
    """`certificate`: key pair of the applications; `federation`: key pair of the one trusted federated issuer."""

    def __init__(self, certificate: KeyPair, federation: KeyPair, federated_issuer: str) -> None:
        self._certificate = certificate
        self._federation = federation
        self.federated_issuer = federated_issuer

    def verify(self, application: Application, assertion: str, authority: str) -> None:
        """Accept the assertion or raise AssertionRefusedError."""
        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise AssertionRefusedError(50027, f"JWT token is invalid or malformed: {error}.") from error
        if claims.get("iss") == application.client_id:
            self._verify_certificate(application, assertion, header, authority)
        else:
            self._verify_federated(application, assertion, claims)

    def _verify_certificate(
        self, application: Application, assertion: str, header: dict[str, Any], authority: str
    ) -> None:
        if not application.certificate or not self._is_registered(header):
            raise AssertionRefusedError(
                700027,
                "The certificate with identifier used to sign the client assertion is not registered on application. "
                f"[Reason - The key was not found.] Application: '{application.client_id}'.",
            )
        if self._certificate.certificate.not_valid_after_utc < datetime.now(timezone.utc):
            raise AssertionRefusedError(
                700027, "Client assertion failed signature validation. [Reason - The key used is expired.]"
            )
        audiences = [f"{authority}/oauth2/v2.0/token", f"{authority}/oauth2/token", f"{authority}/v2.0", authority]
        claims = self._decode(assertion, self._certificate, audiences, 700023)
        if claims["sub"] != application.client_id:
            raise AssertionRefusedError(
                700021, "Client assertion application identifier doesn't match 'client_id' parameter."
            )

    def _is_registered(self, header: dict[str, Any]) -> bool:
        """The certificate is named by its thumbprint (SHA-1 or SHA-256) or sent along."""
        own = self._certificate
        if "x5t#S256" in header:
            return _unpadded(header["x5t#S256"]) == own.thumbprint("sha256")
        if "x5t" in header:
            return _unpadded(header["x5t"]) == own.thumbprint("sha1")
        sent = header.get("x5c") or [""]
        first = sent if isinstance(sent, str) else sent[0]
        try:
            return base64.b64decode(first) == own.certificate.public_bytes(Encoding.DER)
        except (binascii.Error, ValueError):
            return False

    def _verify_federated(self, application: Application, assertion: str, claims: dict[str, Any]) -> None:
        if not application.federated_subject or claims.get("iss") != self.federated_issuer:
            raise AssertionRefusedError(
                700211,
                f"No matching federated identity record found for presented assertion issuer '{claims.get('iss')}'.",
            )
        if claims.get("sub") != application.federated_subject:
            raise AssertionRefusedError(
                700213,
                f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}'.",
            )
        self._decode(assertion, self._federation, [FEDERATED_AUDIENCE], 700212)

    def _decode(self, assertion: str, keys: KeyPair, audiences: list[str], wrong_audience: int) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                keys.private.public_key(),
                ["RS256", "PS256"],
                audience=audiences,
                options={"require": ["exp", "sub", "aud"]},
            )
        except jwt.InvalidAudienceError as error:
            raise AssertionRefusedError(
                wrong_audience,
                "Client assertion audience claim does not match Realm issuer or the federated credential.",
            ) from error
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            raise AssertionRefusedError(
                700024, f"Client assertion is not within its valid time range: {error}."
            ) from error
        except jwt.PyJWTError as error:
            raise AssertionRefusedError(
                700027, f"Client assertion failed signature validation. [Reason - {error}]"
            ) from error
        return claims


def _unpadded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
