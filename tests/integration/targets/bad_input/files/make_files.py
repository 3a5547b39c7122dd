# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make packages and certificates, most of them unusable: ``make_files.py FOLDER CERTIFICATE PASSWORD``.

``CERTIFICATE`` is the PEM file that the authority accepts; ``PASSWORD`` protects the copies of it.
"""

from __future__ import annotations

import datetime
import pathlib
import sys
import zipfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

DAY = datetime.timedelta(days=1)


def make_packages(folder: pathlib.Path) -> None:
    """Make files that are no solution packages."""
    (folder / "text.zip").write_text("This is not a zip file.\n")
    (folder / "empty.zip").touch()
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        archive.writestr("holiday.txt", "no solution in here")
    with zipfile.ZipFile(folder / "folder.zip", "w") as archive:
        archive.writestr("Solution/solution.xml", "<ImportExportXml/>")
        archive.writestr("Solution/customizations.xml", "<ImportExportXml/>")
    with zipfile.ZipFile(folder / "prose.zip", "w") as archive:
        archive.writestr("solution.xml", "Dear environment, please install me.")
        archive.writestr("customizations.xml", "<ImportExportXml/>")
    (folder / "truncated.zip").write_bytes((folder / "folder.zip").read_bytes()[:100])


def make_certificates(folder: pathlib.Path, accepted: bytes, password: bytes) -> None:
    """Make copies of a certificate in other forms, and certificates that nobody accepts."""
    key = serialization.load_pem_private_key(accepted, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = x509.load_pem_x509_certificate(accepted)
    encryption = serialization.BestAvailableEncryption(password)
    pfx = pkcs12.serialize_key_and_certificates(b"accepted", key, certificate, None, encryption)
    (folder / "accepted.pfx").write_bytes(pfx)
    (folder / "accepted.pem").write_bytes(_pem(key, certificate, encryption))
    (folder / "without_key.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.datetime.now(datetime.timezone.utc)
    for name, begin, end in (("stranger", now - DAY, now + DAY), ("expired", now - 2 * DAY, now - DAY)):
        (folder / f"{name}.pem").write_bytes(_pem(stranger, _certificate(stranger, name, begin, end)))


def _certificate(
    key: rsa.RSAPrivateKey, name: str, begin: datetime.datetime, end: datetime.datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), begin, end)
    return builder.sign(key, hashes.SHA256())


def _pem(
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption or serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def main() -> None:
    folder, certificate, password = sys.argv[1:]
    make_packages(pathlib.Path(folder))
    make_certificates(pathlib.Path(folder), pathlib.Path(certificate).read_bytes(), password.encode())


if __name__ == "__main__":
    main()
