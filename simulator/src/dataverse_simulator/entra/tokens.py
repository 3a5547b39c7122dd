# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: signed JWTs for one audience, as Entra issues them to applications."""

from __future__ import annotations

import base64
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ..tenant.clock import Clock
from .keys import KeyPair


class InvalidTokenError(Exception):
    """The token is no good here; the text says why."""


class Tokens:
    """Issues and verifies. Lifetimes follow the simulator's clock, so moving it makes tokens expire."""

    def __init__(self, keys: KeyPair, clock: Clock, tenant_id: str) -> None:
        self._keys = keys
        self._clock = clock
        self._tenant_id = tenant_id
        self._verified: dict[str, dict[str, Any]] = {}
        self._revoked: set[str] = set()
        self.key_id = base64.urlsafe_b64encode(keys.thumbprint("sha1")).decode().rstrip("=")

    def issue(self, audience: str, client_id: str, object_id: str, lifetime: float) -> str:
        now = int(self._clock.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + int(lifetime),
            "appid": client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": object_id,
            "sub": object_id,
            "tid": self._tenant_id,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._keys.private, "RS256", headers={"kid": self.key_id, "x5t": self.key_id})

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that is genuine and in time; InvalidTokenError otherwise.

        The audience is the caller's matter.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._decode(token)
            if len(self._verified) > 10_000:
                self._verified.clear()
            self._verified[token] = claims
        if token in self._revoked or not claims["nbf"] - 300 <= self._clock.time() < claims["exp"]:
            raise InvalidTokenError("The token has expired or is not valid yet.")
        return claims

    def expire(self, token: str) -> None:
        """From now on this token counts as expired."""
        self._revoked.add(token)

    def public_key(self) -> dict[str, Any]:
        """The verification key as an entry of the authority's key set."""
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._keys.private.public_key(), as_dict=True)
        return {**key, "kid": self.key_id, "x5t": self.key_id, "use": "sig"}

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.private.public_key(),
                ["RS256"],
                issuer=f"https://sts.windows.net/{self._tenant_id}/",
                options={
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "require": ["aud", "exp", "nbf", "appid"],
                },
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(f"The token is not genuine: {error}.") from error
        return claims


def sign_assertion(private: RSAPrivateKey, issuer: str, subject: str, audience: str, *, lifetime: float = 600) -> str:
    """A federated identity's assertion, as a CI system's issuer would sign it."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": now,
        "nbf": now - 5,
        "exp": now + int(lifetime),
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, private, "RS256", headers={"kid": "federated"})
