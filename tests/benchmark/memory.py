# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peak memory of solution_import and solution_export with a package of 95 MB, beside a naive upload of the same file.

Each is a process of its own that works against the simulator; what counts is how far its peak grows over the peak
of a module that only lists solutions. Exit code 1 when a module of ours needs 64 MB or more.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    DesktopFlow,
    flow_id,
    package_files,
)
from dataverse_simulator import Simulator

SIZE = 95_000_000
LIMIT = 64_000_000
BINARY = "desktopflowbinaries/00000000-0000-4000-8000-0000000000b1"

CHILD = """
import base64, importlib, json, sys
import requests
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work, perform

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

def run(task, **given):
    module = importlib.import_module("ansible_collections.coe.power_platform.plugins.modules." + task).MODULE
    options = {key: option.get("default") for key, option in module.validation()["argument_spec"].items()}
    result = perform(module, Work({**options, **connection, **given})).result
    assert not result.get("failed"), result["msg"]

task, path, connection, given = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
for module in ("solution_import", "solution_export"):
    importlib.import_module("ansible_collections.coe.power_platform.plugins.modules." + module)
run("solution_info")
before = peak()
if task == "naive":
    with open(path, "rb") as file:
        body = {"CustomizationFile": base64.b64encode(file.read()).decode()}
    url = connection["environment_url"] + "/api/data/v9.2/StageSolution"
    headers = {"Authorization": "Bearer " + given["token"]}
    answer = requests.post(url, json=body, headers=headers, verify=connection["ca_path"])
    assert answer.ok, answer.text
else:
    run(task, **given)
print(peak() - before)
"""


def make_package(path: pathlib.Path) -> None:
    """Write a package of 95 MB: a desktop flow with one large, incompressible screenshot."""
    files = package_files([DesktopFlow(flow_id(1), "Flow")], version="1.0.0.0", managed=False, unique_name="Large")
    files[f"{BINARY}/desktopflowbinary.xml"] = (
        f'<desktopflowbinary desktopflowbinaryid="{BINARY.rpartition("/")[2]}"><data mimetype="image/png">large.png'
        "</data><name>large.png</name><type>ControlRepositoryImageFile</type>"
        f"<process><workflowid>{flow_id(1)}</workflowid></process></desktopflowbinary>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        rest = SIZE - path.stat().st_size
        with archive.open(f"{BINARY}/data/large.png", "w") as file:
            for _piece in range(rest // 1_000_000):
                file.write(os.urandom(1_000_000))


def growth(task: str, path: pathlib.Path, connection: str, given: dict[str, object]) -> int:
    """Return by how many bytes a task's peak memory lies over that of a module that only lists solutions."""
    command = [sys.executable, "-c", CHILD, task, str(path), connection, json.dumps(given)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout)


def main() -> int:
    """Measure, print a table, and judge."""
    with Simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        package, exported = pathlib.Path(folder, "large.zip"), pathlib.Path(folder, "exported.zip")
        make_package(package)
        connection = json.dumps(simulator.connection("test"))
        print(f"Peak memory over an idle module, package of {package.stat().st_size / 1e6:.0f} MB", flush=True)
        export = {"name": "Large", "dest": str(exported), "managed": False}
        ours = []
        for label, task, given in (
            ("solution_import", "solution_import", {"src": str(package)}),
            ("solution_export", "solution_export", export),
            ("solution_export of unchanged content", "solution_export", export),
        ):
            ours.append(growth(task, package, connection, given))
            print(f"  {label:<40} {ours[-1] / 1e6:8.1f} MB", flush=True)
        naive = growth("naive", package, connection, {"token": simulator.token("test")})
        print(f"  {'naive upload, requests.post(json=…)':<40} {naive / 1e6:8.1f} MB")
    return int(max(ours) >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
