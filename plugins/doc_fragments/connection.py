# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a task reaches an environment and who it is there."""

from __future__ import annotations


class ModuleDocFragment:
    """The connection options that all modules share."""

    DOCUMENTATION = r"""
options:
  environment_url:
    description:
      - URL of the environment, for example V(https://contoso-test.crm4.dynamics.com).
      - The address of a page of the environment's own apps or of its Web API, such as
        V(https://contoso-test.crm4.dynamics.com/main.aspx?appid=1), does as well. Addresses of the maker portals and of
        the admin center do not, as they do not tell the environment's URL.
      - Taken from E(POWER_PLATFORM_ENVIRONMENT_URL) when not given.
    type: str
    required: true
  tenant_id:
    description:
      - Id or domain name of the Microsoft Entra tenant. Needed for all credentials but O(access_token) and
        O(managed_identity).
      - Taken from E(POWER_PLATFORM_TENANT_ID), E(AZURE_TENANT) or E(AZURE_TENANT_ID) when not given.
    type: str
  client_id:
    description:
      - Id of the app registration. With O(managed_identity), the client id of a user-assigned identity.
      - Taken from E(POWER_PLATFORM_CLIENT_ID) or E(AZURE_CLIENT_ID) when not given.
    type: str
  client_secret:
    description:
      - Secret of the app registration.
      - Taken from E(POWER_PLATFORM_CLIENT_SECRET), E(AZURE_SECRET) or E(AZURE_CLIENT_SECRET) when no credential is
        given as an option.
    type: str
  certificate_path:
    description:
      - Path of the certificate with its private key, as PEM or PFX file, on the machine that runs the task.
      - Taken from E(POWER_PLATFORM_CERTIFICATE_PATH), E(POWER_PLATFORM_CLIENT_CERTIFICATE_PATH) or
        E(AZURE_CLIENT_CERTIFICATE_PATH) when no credential is given as an option.
    type: path
  certificate_password:
    description:
      - Password of the private key in O(certificate_path).
      - Taken from E(POWER_PLATFORM_CERTIFICATE_PASSWORD), E(POWER_PLATFORM_CLIENT_CERTIFICATE_PASSWORD) or
        E(AZURE_CLIENT_CERTIFICATE_PASSWORD) when not given.
    type: str
  federated_token:
    description:
      - Token of another identity provider that the app registration trusts (workload identity federation).
      - It lives for minutes, which is enough for one access token. When a task lasts longer than that, a fresh token
        comes from O(oidc_request_url) where that is known, else from the file that
        E(POWER_PLATFORM_FEDERATED_TOKEN_PATH) or E(AZURE_FEDERATED_TOKEN_FILE) names. Without either the task may fail.
      - Taken from E(POWER_PLATFORM_FEDERATED_TOKEN) when no credential is given as an option.
    type: str
  federated_token_path:
    description:
      - Path of a file that holds the token described in O(federated_token). It is read anew for each token request.
      - Taken from E(POWER_PLATFORM_FEDERATED_TOKEN_PATH) or E(AZURE_FEDERATED_TOKEN_FILE) when no credential is
        given as an option.
    type: path
  oidc_request_url:
    description:
      - Address at which the CI system issues the token described in O(federated_token), a fresh one for each access
        token. It may stand beside O(federated_token), which then counts for the first access token.
      - Taken from E(POWER_PLATFORM_OIDC_REQUEST_URL), E(ACTIONS_ID_TOKEN_REQUEST_URL) (GitHub Actions, for jobs with
        the permission C(id-token) set to V(write)) or E(SYSTEM_OIDCREQUESTURI) (Azure DevOps, together with
        O(oidc_service_connection_id)) when not given. Those of GitHub Actions and Azure DevOps count as a credential
        only when there is no other.
    type: str
  oidc_request_token:
    description:
      - Token with which O(oidc_request_url) is asked. It is sent there and to no other host.
      - Taken from E(POWER_PLATFORM_OIDC_REQUEST_TOKEN), E(ACTIONS_ID_TOKEN_REQUEST_TOKEN) or E(SYSTEM_ACCESSTOKEN) when
        not given. Address and token always come from the same place.
    type: str
  oidc_service_connection_id:
    description:
      - Id of the service connection for which Azure DevOps issues the token.
      - Taken from E(POWER_PLATFORM_OIDC_SERVICE_CONNECTION_ID) or E(AZURESUBSCRIPTION_SERVICE_CONNECTION_ID) when not
        given.
    type: str
  managed_identity:
    description:
      - Use the managed identity of the machine that runs the task.
      - Taken from E(POWER_PLATFORM_MANAGED_IDENTITY) when no credential is given as an option.
    type: bool
  access_token:
    description:
      - A ready token for the environment. The task cannot renew it.
      - Taken from E(POWER_PLATFORM_ACCESS_TOKEN) when no credential is given as an option.
    type: str
  cloud:
    description:
      - The cloud that the tenant lives in.
      - Taken from E(POWER_PLATFORM_CLOUD) or E(AZURE_CLOUD_ENVIRONMENT) when not given.
    type: str
    choices: [public, gcc, gcc_high, dod, china]
    default: public
  authority:
    description:
      - URL of the token authority. By default the authority of O(cloud).
      - A tenant at its end, as in V(https://login.microsoftonline.com/contoso.com), counts instead of O(tenant_id).
      - Taken from E(POWER_PLATFORM_AUTHORITY) when not given.
    type: str
  validate_certs:
    description:
      - Whether to verify the certificates of the environment and of the authority.
      - Prefer O(ca_path) for a private certificate authority.
    type: bool
    default: true
  ca_path:
    description:
      - Path of the certificates (PEM file or directory) of the certificate authorities to trust. By default the ones
        that the Python library C(requests) trusts.
      - Taken from E(POWER_PLATFORM_CA_PATH) when not given.
    type: path
  request_timeout:
    description:
      - Seconds to wait for the environment to begin or to go on with an answer.
      - A whole answer may take ten times as long, and all pages of a listing thirty times.
      - For the answer to a batch that writes, such as shares, the task waits 125 seconds at least. The environment may
        work on it for two minutes, and what comes late would undo what was done in the meantime.
      - When the environment asks to be left alone for a while (C(Retry-After)), the task waits so long, up to ten
        times this time or its own C(wait_timeout) or C(lock_timeout) where that is longer. When it asks
        for more, the task fails and says for how long.
      - Taken from E(POWER_PLATFORM_REQUEST_TIMEOUT) when not given.
    type: int
    default: 120
notes:
  - An empty environment variable counts as not set.
  - A credential given as an option wins over all credentials in the environment variables.
    Several credentials in the environment variables are tried in the order access token, secret, certificate,
    federated token, OIDC request, managed identity. The first one found is used.
  - Give secrets as options, from a vault for example, or in the environment variables of the process that runs Ansible.
    Ansible itself shows the variables in a task's keyword C(environment) from C(-vvv) on when it starts a module.
  - With a local connection the task runs inside the controller's worker process, which spares it the start of a
    Python process. Set the variable C(power_platform_in_worker) to V(false) to start the module all the same.
requirements:
  - requests
  - msal 1.35 or newer (not for O(access_token))
"""
