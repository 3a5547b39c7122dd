# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory while a package of 95 MB travels, measured in a process of its own beside the naive way."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
)

SIZE = 95_000_000
LIMIT = 64_000_000
PIECE = bytes(range(256)) * 3 * 256

CLIENT = """
import base64, hashlib, io, sys
import requests
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import StaticToken
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

task, url, ca_path, path = sys.argv[1:]
client = DataverseClient(url, HttpSession(verify=ca_path), StaticToken("t"))
client.get("WhoAmI()")
before = peak()
if task == "upload":
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(65536):
            digest.update(chunk)
    client.call_with_file("StageSolution", {}, "CustomizationFile", path, checksum=digest.hexdigest())
elif task == "download":
    with open(path, "wb") as file:
        client.download("DownloadSolutionExportData", {}, "ExportSolutionFile", file)
elif task == "naive upload":
    with open(path, "rb") as file:
        content = base64.b64encode(file.read()).decode()
    requests.post(url + "/StageSolution", json={"CustomizationFile": content}, verify=ca_path)
elif task == "naive download":
    answer = requests.post(url + "/api/data/v9.2/DownloadSolutionExportData", verify=ca_path)
    with open(path, "wb") as file:
        file.write(base64.b64decode(answer.json()["ExportSolutionFile"]))
print(peak() - before)
"""


def export(_request: Request) -> Answer:
    """Answer with a file of 95 MB that is never in this process's memory as a whole."""
    pieces, rest = divmod(SIZE, len(PIECE))
    last = base64.b64encode(PIECE[:rest])
    head, tail = b'{"@odata.context":"x","ExportSolutionFile":"', b'"}'
    encoded = base64.b64encode(PIECE)

    def stream() -> Iterator[bytes]:
        yield head
        for _number in range(pieces):
            yield encoded
        yield last + tail

    return Answer(200, stream=stream, length=len(head) + pieces * len(encoded) + len(last) + len(tail))


def memory(task: str, server: HttpsServer, path: Path) -> int:
    """Return by how many bytes the peak memory of a process grew over its idle state while it did the task."""
    command = [sys.executable, "-c", CLIENT, task, server.url, server.ca_path, str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return int(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("direction", ["upload", "download"])
def test_package_of_95_mb_travels_in_bounded_memory(server: HttpsServer, tmp_path: Path, direction: str) -> None:
    server.keep_bodies = False
    server.answers = [lambda request: export(request) if "Download" in request.path else Answer(200, {})]
    path = tmp_path / "package.zip"
    if direction == "upload":
        with path.open("wb") as file:
            file.truncate(SIZE)
    ours, naive = memory(direction, server, path), memory(f"naive {direction}", server, path)
    print(f"{direction} of 95 MB: {ours / 1e6:.1f} MB over idle, naive {naive / 1e6:.1f} MB")
    assert path.stat().st_size == SIZE
    assert ours < LIMIT < naive
