# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a PEM file with its private key under a password: ``protect.py SOURCE PASSWORD TARGET``."""

from __future__ import annotations

import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization

source, password, target = sys.argv[1:]
content = pathlib.Path(source).read_bytes()
key = serialization.load_pem_private_key(content, None)
encryption = serialization.BestAvailableEncryption(password.encode())
pathlib.Path(target).write_bytes(
    key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    + x509.load_pem_x509_certificate(content).public_bytes(serialization.Encoding.PEM)
)
