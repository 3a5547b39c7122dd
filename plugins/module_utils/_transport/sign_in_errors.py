# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Microsoft Entra's refusals to issue a token mean.

Source: Microsoft documentation, Microsoft Entra authentication and authorization error codes.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._errors import AuthenticationError

# What the code means, and what helps; {client_id} and {environment_url} are filled in.
MEANINGS: dict[str, str] = {
    "AADSTS7000215": "client_secret is wrong; give the secret's value (not its id) of app registration {client_id}",
    "AADSTS7000222": "client_secret of app registration {client_id} has expired; create a new one",
    "AADSTS700016": "the tenant has no app registration {client_id}; correct client_id or tenant_id",
    "AADSTS90002": "the tenant does not exist; correct tenant_id or cloud",
    "AADSTS900021": "the tenant does not exist; correct tenant_id or cloud",
    "AADSTS900023": "the tenant does not exist; correct tenant_id or cloud",
    "AADSTS7000112": "app registration {client_id} is disabled in the tenant; have it enabled",
    "AADSTS700027": "the certificate is not registered with app registration {client_id} or has expired;"
    " upload the certificate of certificate_path there",
    "AADSTS700024": "the federated token or certificate assertion is outside its time of validity;"
    " renew it and check this machine's clock (a federated_token given as text lives for minutes and cannot be renewed"
    " by the task: give federated_token_path, or oidc_request_url and oidc_request_token)",
    "AADSTS70021": "app registration {client_id} has no federated credential for this token;"
    " compare its issuer, subject and audience",
    "AADSTS700211": "app registration {client_id} has no federated credential with this token's issuer; add one",
    "AADSTS700212": "app registration {client_id} has no federated credential with this token's audience; add one",
    "AADSTS700213": "app registration {client_id} has no federated credential with this token's subject; add one",
    "AADSTS50027": "the federated token is not a valid token; give the one that the identity provider issued",
    "AADSTS500011": "the tenant knows no environment {environment_url}; correct environment_url or tenant_id",
    "AADSTS500112": "the tenant knows no environment {environment_url}; correct environment_url or tenant_id",
    "AADSTS53003": "a Conditional Access policy blocks app registration {client_id}; have it except this machine",
    "AADSTS7000218": "app registration {client_id} needs a secret, certificate or federated token; give one",
}


def sign_in_error(answer: Mapping[str, Any], *, client_id: str, environment_url: str) -> AuthenticationError:
    """Return the error for msal's answer without a token (keys error, error_description, correlation_id)."""
    description = str(answer.get("error_description") or answer.get("error") or "no reason was given")
    match = re.search(r"AADSTS\d+", description)
    code = match[0] if match else None
    meaning = MEANINGS.get(code or "")
    text = (
        meaning.format(client_id=client_id, environment_url=environment_url)
        if meaning
        else f"{description.strip().splitlines()[0].rstrip('.')}; check tenant_id, client_id and the credential"
    )
    return AuthenticationError(
        f"Signing in to Microsoft Entra failed: {text}{f' ({code})' if meaning else ''}.",
        code=code or answer.get("error"),
        correlation_id=answer.get("correlation_id"),
    )
