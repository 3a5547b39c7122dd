# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Complex and enumeration types of parameters and answers, by name, as `$metadata` declares them.

Source: Web API reference, "Complex types" and "Enum types".
"""

from __future__ import annotations

from ..environments.security import RIGHTS

_ENDS = ("Required", "Dependent")
_PREVIOUS_AND_NEW = ("SolutionUniqueName", "SolutionFriendlyName", "PublisherUniqueName", "PublisherFriendlyName")

COMPLEX_TYPES: dict[str, dict[str, str]] = {
    "BooleanManagedProperty": {
        "Value": "Edm.Boolean",
        "CanBeChanged": "Edm.Boolean",
        "ManagedPropertyLogicalName": "Edm.String",
    },
    "PrincipalAccess": {"AccessMask": "mscrm.AccessRights", "Principal": "mscrm.crmbaseentity"},
    "RolePrivilege": {
        "Depth": "mscrm.PrivilegeDepth",
        "PrivilegeId": "Edm.Guid",
        "BusinessUnitId": "Edm.Guid",
        "PrivilegeName": "Edm.String",
    },
    "OrganizationDetail": {
        "OrganizationId": "Edm.Guid",
        "FriendlyName": "Edm.String",
        "OrganizationVersion": "Edm.String",
        "EnvironmentId": "Edm.String",
        "DatacenterId": "Edm.Guid",
        "Geo": "Edm.String",
        "TenantId": "Edm.String",
        "UrlName": "Edm.String",
        "UniqueName": "Edm.String",
        "State": "mscrm.OrganizationState",
        "Endpoints": "mscrm.EndpointCollection",
    },
    "EndpointCollection": {
        "Count": "Edm.Int32",
        "IsReadOnly": "Edm.Boolean",
        "Keys": "Collection(mscrm.EndpointType)",
        "Values": "Collection(Edm.String)",
    },
    "SolutionParameters": {
        "StageSolutionUploadId": "Edm.Guid",
        "SolutionComponentOptions": "Collection(mscrm.SolutionComponentOption)",
        "DeployMissingPackagesBeforeSolutionImport": "Edm.Boolean",
    },
    "StageSolutionResults": {
        "StageSolutionUploadId": "Edm.Guid",
        "StageSolutionStatus": "mscrm.StageSolutionStatus",
        "SolutionValidationResults": "Collection(mscrm.SolutionValidationResult)",
        "MissingDependencies": "Collection(mscrm.MissingDependency)",
        "SolutionDetails": "mscrm.SolutionDetails",
        "SolutionComponentsDetails": "Collection(mscrm.SolutionComponentDetails)",
    },
    "SolutionValidationResult": {
        "SolutionValidationResultType": "mscrm.SolutionValidationResultType",
        "Message": "Edm.String",
        "ErrorCode": "Edm.Int32",
        "AdditionalInfo": "Edm.String",
    },
    "SolutionDetails": {
        **dict.fromkeys(_PREVIOUS_AND_NEW, "Edm.String"),
        **dict.fromkeys((f"Previous{name}" for name in _PREVIOUS_AND_NEW), "Edm.String"),
        **dict.fromkeys(("SolutionDescription", "SolutionVersion", "PreviousSolutionVersion"), "Edm.String"),
        **dict.fromkeys(("IsPatchSolution", "IsManaged", "PreviousIsManaged"), "Edm.Boolean"),
        **dict.fromkeys(("IsPrerequisitesExport", "HasPendingUpgrade"), "Edm.Boolean"),
        "PreviousPatchSolutionsNames": "Collection(Edm.String)",
    },
    "SolutionComponentDetails": {
        "ComponentName": "Edm.String",
        "ComponentTypeName": "Edm.String",
        "IsPresentInOrg": "mscrm.PresentInOrg",
        "Attributes": "mscrm.Collection_String_String",
    },
    "Collection_String_String": {
        "Count": "Edm.Int32",
        "Keys": "Collection(Edm.String)",
        "Values": "Collection(Edm.String)",
    },
    "MissingDependency": {
        f"{end}{member}": "Edm.Guid" if member == "ComponentId" else "Edm.String"
        for end in _ENDS
        for member in (
            "ComponentSchemaName",
            "ComponentDisplayName",
            "ComponentParentSchemaName",
            "ComponentParentDisplayName",
            "ComponentId",
            "ComponentType",
            *(("SolutionName",) if end == "Required" else ()),
        )
    },
    "SolutionOperationResult": {
        "FormattedResults": "Edm.String",
        "Type": "mscrm.SolutionOperationType",
        "Status": "mscrm.SolutionOperationStatus",
        **dict.fromkeys(("WarningMessages", "ErrorMessages"), "Collection(Edm.String)"),
        "ActionLink": "mscrm.ActionLink",
    },
    "ActionLink": {"Label": "Edm.String", "Target": "Edm.String"},
    # Those that are accepted without a value only.
    "LayerDesiredOrder": {},
    "ExportComponentsParams": {},
    "SolutionComponentOption": {},
}

ENUM_TYPES: dict[str, dict[str, int]] = {
    "AccessRights": {"None": 0, **{f"{verb}Access": right for verb, right in RIGHTS.items()}},
    "EndpointAccessType": {"Default": 0, "Internet": 1, "Intranet": 2},
    "EndpointType": {"OrganizationService": 0, "OrganizationDataService": 1, "WebApplication": 2},
    "OrganizationState": {"Enabled": 0, "Disabled": 1},
    "PresentInOrg": {"False": 0, "True": 1, "Unknown": 2},
    "PrivilegeDepth": {"Basic": 0, "Local": 1, "Deep": 2, "Global": 3},
    "SolutionOperationStatus": {"Failed": 0, "Passed": 1},
    "SolutionOperationType": {"Import": 0},
    "SolutionValidationResultType": {"Info": 0, "Warning": 1, "Error": 2},
    "StageSolutionStatus": {"Failed": 0, "Passed": 1},
}
FLAGS = ("AccessRights",)
