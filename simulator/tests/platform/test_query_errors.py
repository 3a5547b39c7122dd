# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that make no sense: each answers with the status and code of the service, none with a traceback."""

from __future__ import annotations

import pytest
from client import Client, error

UNKNOWN = "0x0"
GUID = "00000000-0000-4000-8000-000000000001"
BAD, MISSING, SEGMENT, NOT_MODELLED = "0x80060888", "0x80040217", "0x8006088a", "0x80060890"
READS = [
    # what, path, status, code, words of the message
    ("unknown column in $select", "workflows?$select=nonsense", 400, BAD, "nonsense"),
    ("lookup by its logical name in $select", "solutions?$select=publisherid", 400, BAD, "publisherid"),
    ("empty $select item", "workflows?$select=name,", 400, BAD, "property named ''"),
    ("unknown column in $filter", "workflows?$filter=nonsense eq 1", 400, BAD, "nonsense"),
    ("unknown column in $orderby", "workflows?$orderby=nonsense", 400, BAD, "nonsense"),
    ("unknown direction in $orderby", "workflows?$orderby=name up", 400, BAD, "$orderby"),
    ("unknown navigation in $expand", "workflows?$expand=nonsense", 400, BAD, "nonsense"),
    ("unknown column inside $expand", "solutions?$expand=publisherid($select=nonsense)", 400, BAD, "publisher'"),
    ("text against a number", "workflows?$filter=category eq '6'", 400, BAD, "incompatible types"),
    ("number against a text", "workflows?$filter=name eq 6", 400, BAD, "incompatible types"),
    ("text against a Guid", f"workflows?$filter=workflowid eq '{GUID}'", 400, BAD, "incompatible types"),
    ("unquoted text", "workflows?$filter=name eq Jane", 400, BAD, "Jane"),
    ("broken syntax", "workflows?$filter=name eq", 400, BAD, "$filter"),
    ("open bracket", "workflows?$filter=(name eq 'a'", 400, BAD, "$filter"),
    ("open quote", "workflows?$filter=name eq 'a", 400, BAD, "$filter"),
    ("empty filter", "workflows?$filter=", 200, "", ""),
    ("unknown function", "workflows?$filter=soundslike(name,'a')", 400, BAD, ""),
    ("function of the wrong type", "workflows?$filter=contains(category,'6')", 400, BAD, "contains"),
    ("alias without value", "workflows?$filter=name eq @p1", 400, BAD, "@p1"),
    (
        "CRM query function that is not modelled",
        "workflows?$filter=Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')",
        501,
        NOT_MODELLED,
        "EqualUserId",
    ),
    ("filtering through an owner", "workflows?$filter=ownerid/name eq 'x'", 501, NOT_MODELLED, "ownerid"),
    ("$skip", "workflows?$skip=10", 400, UNKNOWN, "$skip"),
    ("$top that is no number", "workflows?$top=ten", 400, BAD, "$top"),
    ("negative $top", "workflows?$top=-1", 400, BAD, "$top"),
    ("$count that is no truth value", "workflows?$count=yes", 400, BAD, "$count"),
    ("an option twice", "workflows?$top=1&$top=2", 400, BAD, "more than once"),
    ("an option of nobody", "workflows?depth=1", 400, UNKNOWN, "depth"),
    ("$apply", "workflows?$apply=aggregate($count as n)", 501, NOT_MODELLED, "$apply"),
    ("SQL", "workflows?sql=select", 501, NOT_MODELLED, "sql"),
    ("FetchXML of nothing", "workflows?fetchXml=<fetch/>", 400, BAD, "entity"),
    ("FetchXML that is none", "workflows?fetchXml=<fetch", 400, BAD, "XML"),
    ("FetchXML of another table", "teams?fetchXml=<fetch><entity name='role'/></fetch>", 400, BAD, "role"),
    ("FetchXML with options", "teams?fetchXml=<fetch><entity name='team'/></fetch>&$top=1", 400, "0x0", "$top"),
    (
        "FetchXML with a link",
        "teams?fetchXml=<fetch><entity name='team'><link-entity name='role'/></entity></fetch>",
        501,
        NOT_MODELLED,
        "link-entity",
    ),
    (
        "FetchXML with an aggregate",
        "teams?fetchXml=<fetch aggregate='true'><entity name='team'/></fetch>",
        501,
        NOT_MODELLED,
        "aggregate",
    ),
    (
        "an unknown column in FetchXML",
        "teams?fetchXml=<fetch><entity name='team'><attribute name='x'/></entity></fetch>",
        400,
        "0x80041103",
        "'x'",
    ),
    (
        "an unknown operator in FetchXML",
        "teams?fetchXml=<fetch><entity name='team'><filter><condition attribute='name' operator='today'/></filter>"
        "</entity></fetch>",
        501,
        NOT_MODELLED,
        "today",
    ),
    (
        "a value of another type in FetchXML",
        "teams?fetchXml=<fetch><entity name='team'><filter><condition attribute='teamid' operator='eq' value='x'/>"
        "</filter></entity></fetch>",
        400,
        BAD,
        "'x'",
    ),
    (
        "a page that is none in FetchXML",
        "teams?fetchXml=<fetch page='0'><entity name='team'/></fetch>",
        400,
        BAD,
        "page",
    ),
    ("a made-up paging cookie", "workflows?$skiptoken=2", 400, BAD, "Paging Cookie"),
    ("unknown set", "flows?$select=name", 404, SEGMENT, "flows"),
    ("table by its logical name", "workflow", 404, SEGMENT, "workflow"),
    ("internal table", "_packages", 404, SEGMENT, "_packages"),
    ("unknown function call", "RetrieveNonsense()", 501, NOT_MODELLED, "RetrieveNonsense"),
    ("unknown bound function", f"workflows({GUID})/Microsoft.Dynamics.CRM.Nonsense()", 501, NOT_MODELLED, "Nonsense"),
    ("a missing record", f"workflows({GUID})", 404, MISSING, GUID),
    ("a key that is no Guid", "workflows(6)", 400, BAD, "6"),
    ("a key that is no key", "workflows(name='a')", 400, BAD, "name"),
    ("half an alternate key", f"teams(azureactivedirectoryobjectid={GUID})", 400, BAD, "azureactivedirectoryobjectid"),
    ("an unknown property", f"systemusers({GUID})/nonsense", 404, SEGMENT, "nonsense"),
    ("an unknown table's definition", "EntityDefinitions(LogicalName='nonsense')", 404, MISSING, "nonsense"),
    ("an unknown attribute", "EntityDefinitions(LogicalName='team')/Attributes(LogicalName='x')", 404, MISSING, "x"),
    ("an unknown member in a definition's filter", "EntityDefinitions?$filter=Nonsense eq 1", 400, BAD, "Nonsense"),
    (
        "a filter on definitions beyond equality",
        "EntityDefinitions?$filter=ObjectTypeCode gt 1",
        501,
        NOT_MODELLED,
        "filter",
    ),
    ("settings of a definition", "EntityDefinitions(LogicalName='team')/Settings", 501, NOT_MODELLED, "Settings"),
    ("an expansion that definitions lack", "EntityDefinitions?$expand=Privileges", 501, NOT_MODELLED, "Privileges"),
    (
        "an unknown member of a definition",
        "EntityDefinitions(LogicalName='team')?$select=Nonsense",
        400,
        BAD,
        "Nonsense",
    ),
    ("a parameter that a function lacks", "WhoAmI(User='x')", 400, BAD, "User"),
    ("a missing parameter", "RetrieveCurrentOrganization()", 400, "0x80040203", "AccessType"),
    (
        "a Guid in quotes as parameter",
        f"RetrieveAadUserRoles(DirectoryObjectId='{GUID}')",
        400,
        BAD,
        "DirectoryObjectId",
    ),
    (
        "an unbound function below a record",
        f"systemusers({GUID})/Microsoft.Dynamics.CRM.WhoAmI()",
        404,
        SEGMENT,
        "WhoAmI",
    ),
    ("invalid UTF-8 in the path", "workflows(%ff)", 400, BAD, "UTF-8"),
    ("invalid UTF-8 in the query", "workflows?$filter=%ff", 400, BAD, "UTF-8"),
]


@pytest.mark.parametrize(("path", "status", "code", "words"), [pytest.param(*row[1:], id=row[0]) for row in READS])
def test_a_read_that_makes_no_sense_is_refused(api: Client, path: str, status: int, code: str, words: str) -> None:
    answer = api.get(path)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert error(answer)[1] == code
        assert words in answer.json()["error"]["message"]


METHODS = [
    ("PUT", "workflows", 405),
    ("DELETE", "workflows", 405),
    ("POST", f"workflows({GUID})", 405),
    ("POST", "WhoAmI", 405),
    ("PATCH", "", 405),
    ("GET", "$batch", 405),
    ("PUT", f"workflows({GUID})", 501),
]


@pytest.mark.parametrize(("method", "path", "status"), METHODS)
def test_a_wrong_method_is_refused(api: Client, method: str, path: str, status: int) -> None:
    assert api.send(method, path).status_code == status


def test_other_versions_and_other_apis_are_not_there(api: Client) -> None:
    base = api.root.removesuffix("/api/data/v9.2/")
    assert api.get(f"{base}/api/data/v9.0/WhoAmI").status_code == 200
    assert api.get(f"{base}/api/data/v8.2/WhoAmI").status_code == 404
    assert api.get(f"{base}/XRMServices/2011/Organization.svc").status_code == 501
    assert api.get(base.rpartition("/")[0] + "/nowhere/api/data/v9.2/WhoAmI").status_code == 404


def test_errors_carry_details_only_when_asked_for(api: Client) -> None:
    assert set(api.get(f"workflows({GUID})").json()["error"]) == {"code", "message"}
    detailed = api.get(f"workflows({GUID})", headers={"Prefer": 'odata.include-annotations="*"'}).json()["error"]
    assert "@Microsoft.PowerApps.CDS.HelpLink" in detailed
