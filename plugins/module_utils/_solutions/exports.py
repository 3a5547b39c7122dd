# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting a solution out of an environment as a package file.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._dataverse.rows import Row
from .._errors import ConfigurationError, OperationFailedError, PackageError, PowerPlatformError, RefusedError
from .._packages.content import same_content
from .._packages.manifest import version_key
from .._packages.package import Package, read_package
from .drafts import find_drafts, publish_drafts
from .orders import Order, publication, require_success
from .solutions import Solution, Solutions, checked_version

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient
    from .operations import Operations


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """What to export: unique name, path of a file or folder, kind of package, version to set before.

    Before it, ``publish`` publishes all customizations of the environment, ``publish_flows`` the solution's flows only.
    """

    name: str
    dest: str
    managed: bool = True
    version: str | None = None
    publish: bool = False
    publish_flows: bool = False


class SolutionExport:
    """One solution on its way out of one environment."""

    def __init__(self, client: DataverseClient, options: ExportOptions) -> None:
        self._client = client
        self._options = options
        self._solutions = Solutions(client)
        version = checked_version(options.version)
        self._solution = self._exportable()
        self._version = version or self._solution.version
        self._path = self._file_path()
        self._existing = _package_at(self._path)
        self._drafts = find_drafts(client, self._solution.name)

    def _exportable(self) -> Solution:
        solution = self._solutions.get(self._options.name)
        if solution.managed:
            raise RefusedError(
                f"{solution.name} is managed in {self._client.environment_url}, a managed solution cannot be exported:"
                " export it from the environment where it was made."
            )
        return solution

    def _file_path(self) -> str:
        """Return the path of the file; in a folder it gets the name that pac would give it."""
        dest = self._options.dest
        if not dest:
            raise ConfigurationError("dest is empty, give the path of the package or of a folder for it.")
        if os.path.isdir(dest) or dest.endswith(os.sep):
            kind = "_managed" if self._options.managed else ""
            dest = os.path.join(dest, f"{self._solution.name}_{self._version.replace('.', '_')}{kind}.zip")
        if os.path.exists(dest) and not os.path.isfile(dest):
            raise ConfigurationError(f"dest: {dest} is not a regular file, choose another path.")
        folder = _nearest_folder(dest)
        if not os.path.isdir(folder):
            raise ConfigurationError(f"dest: {folder} is a file and not a folder, choose another path.")
        if not os.access(folder, os.W_OK):
            raise ConfigurationError(f"dest: the folder {folder} cannot be written to, change its permissions.")
        return dest

    @property
    def _raises_version(self) -> bool:
        return version_key(self._version) != self._solution.version_key

    def predict(self) -> dict[str, Any]:
        """Return what ``perform`` would return, as far as it can be told without exporting: by name and version."""
        self._solutions.check_version(self._solution, self._version)
        if self._options.publish or self._options.publish_flows:
            self._drafts = {}
        there = self._existing
        same = there is not None and (there.unique_name, there.managed, there.version_key) == (
            self._solution.name,
            self._options.managed,
            version_key(self._version),
        )
        return self._result(changed=self._raises_version or not same, package=there if same else None)

    def perform(self, operations: Operations) -> dict[str, Any]:
        """Write the package's file, unless it holds the same already, and return the task's result.

        The result of a failure tells when the version was raised before it.
        """
        begin = self._client.clock.monotonic()
        if self._raises_version:
            self._solutions.set_version(self._solution, self._version)
        try:
            package, written = self._write(operations)
        except PowerPlatformError as error:
            error.result.update(changed=self._raises_version, solution=self._described_solution)
            raise
        result = self._result(changed=written or self._raises_version, package=package)
        return {**result, "duration": self._client.clock.since(begin)}

    def _write(self, operations: Operations) -> tuple[Package, bool]:
        """Export, and return the package that the file holds then, with whether it was written."""
        if self._options.publish:
            self._carry_out(operations, publication(self._solution.name))
            self._drafts = find_drafts(self._client, self._solution.name) if self._drafts else {}
        elif self._options.publish_flows and self._drafts:
            self._drafts = publish_drafts(self._client, self._solution.name, self._drafts)
        job_id = self._carry_out(operations, self._export()).guid("ExportJobId")
        os.makedirs(os.path.dirname(os.path.abspath(self._path)), exist_ok=True)
        with _temporary_file(self._path) as temporary:
            with open(temporary, "w+b") as file:
                self._client.download("DownloadSolutionExportData", {"ExportJobId": job_id}, "ExportSolutionFile", file)
            package = self._checked(temporary)
            if self._existing and same_content(temporary, self._path):
                return self._existing, False
            os.replace(temporary, self._path)
        return package, True

    def _carry_out(self, operations: Operations, order: Order) -> Row:
        run = operations.carry_out_one(order)
        require_success(run, order.label, self._client.environment_url)
        return run.answer

    def _export(self) -> Order:
        """Source: Web API ExportSolutionAsync; a second one does no harm."""
        parameters = {"SolutionName": self._solution.name, "Managed": self._options.managed}
        label = f"{self._solution.name} {self._version} export"
        names = (self._solution.name,)
        return Order("ExportSolutionAsync", names, label, lambda: parameters, repeatable=True)

    def _checked(self, path: str) -> Package:
        """Return the exported package if it is what was ordered."""
        package = read_package(path)
        found = (package.unique_name, package.version_key, package.managed)
        if found != (self._solution.name, version_key(self._version), self._options.managed):
            raise OperationFailedError(
                f"{self._client.environment_url} exported {package.unique_name} {package.version}"
                f" ({'managed' if package.managed else 'unmanaged'}) instead of {self._solution.name} {self._version}:"
                " run the task again, someone may have changed the version meanwhile."
            )
        return package

    @property
    def _described_solution(self) -> dict[str, Any]:
        return {
            "name": self._solution.name,
            "friendly_name": self._solution.friendly_name,
            "version": self._version,
            "previous_version": self._solution.version,
            "managed": self._options.managed,
        }

    def _result(self, *, changed: bool, package: Package | None) -> dict[str, Any]:
        before, after = _described(self._existing), _described(package)
        return {
            "changed": changed,
            # Not at the top: AnsibleModule would add owner and mode of a file to a result with the key path.
            "package": {
                "path": self._path,
                "checksum": package.checksum if package else None,
                "size": package.size if package else None,
            },
            "solution": self._described_solution,
            "drafts": [{"id": id, "name": name} for id, name in sorted(self._drafts.items(), key=lambda it: it[1])],
            "duration": 0.0,
            "diff": {
                "before": {"version": self._solution.version, "file": before},
                "after": {"version": self._version, "file": after},
            },
        }


def _nearest_folder(path: str) -> str:
    """Return the folder that a file goes to, or the one above in which that folder has to be made."""
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return folder


def _described(package: Package | None) -> dict[str, Any] | None:
    return {"version": package.version, "checksum": package.checksum} if package else None


def _package_at(path: str) -> Package | None:
    """Return the package that a file holds already; None when there is none or it is something else."""
    if not os.path.exists(path):
        return None
    try:
        return read_package(path)
    except PackageError:
        return None


@contextlib.contextmanager
def _temporary_file(path: str) -> Iterator[str]:
    """Give the path of an empty file beside another one, so that it can take its place in one step."""
    handle, temporary = tempfile.mkstemp(
        prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(os.path.abspath(path))
    )
    os.close(handle)
    os.chmod(temporary, _mode(path))
    try:
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _mode(path: str) -> int:
    """Return the permissions of a file, those that a new file would get if there is none."""
    if os.path.exists(path):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
