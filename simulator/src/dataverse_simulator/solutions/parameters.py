# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters that the import messages share, as the Web API declares them.

Source: Web API reference of ImportSolutionAsync, StageAndUpgradeAsync, ExportSolution; project reference, 1 and 2.
"""

from __future__ import annotations

from typing import Any

from ..environments import schema
from ..environments.context import Context
from ..errors import ODataError, invalid_argument, not_modelled
from ..packages.package import PackageError, SolutionPackage, read_package
from ..web_api import records
from ..web_api.parameters import BadValueError, Entity, Parameter, as_guid, optional, required
from . import errors as solution_errors

_COMMON: dict[str, Parameter] = {
    "OverwriteUnmanagedCustomizations": required("Edm.Boolean"),
    "PublishWorkflows": required("Edm.Boolean"),
    "CustomizationFile": optional("Edm.Binary"),
    "ConvertToManaged": optional("Edm.Boolean"),
    "SkipProductUpdateDependencies": optional("Edm.Boolean"),
    "SkipQueueRibbonJob": optional("Edm.Boolean"),
    "AsyncRibbonProcessing": optional("Edm.Boolean"),
    "ComponentParameters": optional("entities"),
    "SolutionParameters": optional("complex", "mscrm.SolutionParameters"),
}
_IMPORT_ONLY = {
    "HoldingSolution": optional("Edm.Boolean"),
    "LayerDesiredOrder": optional("complex", "mscrm.LayerDesiredOrder"),
    "IsTemplateMode": optional("Edm.Boolean"),
    "TemplateSuffix": optional("Edm.String"),
    "TemplateDisplayNamePrefix": optional("Edm.String"),
}
#: Without them the synchronous messages do not start. Source: `$metadata`, where they are not nullable.
_SYNCHRONOUS = {"CustomizationFile": required("Edm.Binary"), "ImportJobId": required("Edm.Guid")}
IMPORT_ASYNC = {**_COMMON, **_IMPORT_ONLY}
IMPORT = {**IMPORT_ASYNC, **_SYNCHRONOUS}
UPGRADE_ASYNC = _COMMON
UPGRADE = {**UPGRADE_ASYNC, **_SYNCHRONOUS}
EXPORT = {
    "SolutionName": required("Edm.String"),
    "Managed": required("Edm.Boolean"),
    "TargetVersion": optional("Edm.String"),
    **{
        name: optional("Edm.Boolean")
        for name in (
            "ExportAutoNumberingSettings",
            "ExportCalendarSettings",
            "ExportCustomizationSettings",
            "ExportEmailTrackingSettings",
            "ExportGeneralSettings",
            "ExportMarketingSettings",
            "ExportOutlookSynchronizationSettings",
            "ExportRelationshipRoles",
            "ExportIsvConfig",
            "ExportSales",
            "ExportExternalApplications",
        )
    },
    "ExportComponentsParams": optional("complex", "mscrm.ExportComponentsParams"),
}
#: Parameters that are accepted without a value, and not modelled with one.
_NOT_MODELLED = (
    "ConvertToManaged",
    "IsTemplateMode",
    "TemplateSuffix",
    "TemplateDisplayNamePrefix",
    "LayerDesiredOrder",
    "TargetVersion",
    "ExportComponentsParams",
)
#: Members of SolutionParameters, of which StageSolutionUploadId is modelled.
_UPLOAD = "StageSolutionUploadId"
_MEMBERS = ("DeployMissingPackagesBeforeSolutionImport", "SolutionComponentOptions", "PackageHistoryReference")


def refuse_unmodelled(parameters: dict[str, Any]) -> None:
    """:raises ODataError: 501, naming the parameter; 400, a member that SolutionParameters does not have."""
    members = {name: value for name, value in (parameters.get("SolutionParameters") or {}).items() if "@" not in name}
    for name in members.keys() - {_UPLOAD, *_MEMBERS}:
        raise solution_errors.NO_SUCH_MEMBER(name=name)
    for name in (*_NOT_MODELLED, *_MEMBERS):
        if parameters.get(name) or members.get(name):
            raise not_modelled(f"the parameter {name}")


def package_bytes(context: Context, parameters: dict[str, Any]) -> bytes:
    """The zip of an import message: CustomizationFile, or the upload that StageSolutionUploadId names.

    :raises ODataError: 0x8004F066 neither, 0x80040203 both, 0x80040217 unknown upload.
    """
    upload_id = (parameters.get("SolutionParameters") or {}).get(_UPLOAD)
    content = parameters.get("CustomizationFile")
    if content and upload_id:
        raise invalid_argument("Only one of CustomizationFile and StageSolutionUploadId may be given.")
    if content:
        return bytes(content)
    if not upload_id:
        raise solution_errors.MISSING_FILE()
    try:
        upload = context.store.get("stagesolutionupload", as_guid(upload_id))
    except BadValueError as error:
        raise invalid_argument(str(error)) from error
    if upload is None:
        raise ODataError(400, "0x80040217", f"Entity 'StageSolutionUpload' With Id = {upload_id} Does Not Exist")
    return bytes(upload["solutionfile"])


def parse_package(content: bytes) -> SolutionPackage:
    """:raises ODataError: 400 with the code of what is wrong with the file."""
    try:
        return read_package(content)
    except PackageError as error:
        raise ODataError(400, error.code, str(error)) from error


def override_document(context: Context, entity: Entity) -> dict[str, Any]:
    """A component parameter in a form that a job can keep.

    :raises ODataError: 400, a column that the table does not have, or a value of another type.
    """
    records.columns_of(context, schema.table(entity.table), entity.values, creating=True)
    return {"table": entity.table, "id": entity.id, "values": entity.values}
