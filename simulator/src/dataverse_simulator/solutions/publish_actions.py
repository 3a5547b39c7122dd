# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PublishAllXml, PublishAllXmlAsync, PublishXml.

Source: Web API reference of these actions; project reference on solutions, 2.7 and 4. New flows of an unmanaged import
are drafts until they are published, and published flows may have a draft beside them. That `workflows` in PublishXml
name flows is a choice: its documentation knows other components only.
"""

from __future__ import annotations

from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from ..environments import drafts
from ..environments.context import Context
from ..environments.drafts import PUBLISHED, UNPUBLISHED
from ..environments.store import Row
from ..errors import ODataError
from ..packages.rows import parse_xml
from ..web_api.operations import action
from ..web_api.parameters import required
from . import components, jobs, layers
from .components import BY_TABLE
from .job_rows import HistoryKind
from .jobs import JobRequest, JobResult


@action("PublishAllXml")
def publish_all(context: Context, parameters: dict[str, Any]) -> None:
    jobs.run(context, _request(context, "PublishAllXml", 4))


@action("PublishAllXmlAsync", answers={"AsyncOperationId": "Edm.Guid"})
def publish_all_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"AsyncOperationId": jobs.start(context, _request(context, "PublishAllXmlAsync", 4))["jobid"]}


@action("PublishXml", {"ParameterXml": required("Edm.String")})
def publish(context: Context, parameters: dict[str, Any]) -> None:
    try:
        document = parse_xml(parameters["ParameterXml"].encode())
    except etree.XMLSyntaxError as error:
        raise ODataError(400, "0x8004802C", f"The parameter ParameterXml is not well formed: {error}") from error
    request = _request(context, "PublishXml", 3)
    request.parameters["flows"] = [(one.text or "").strip("{} \n").lower() for one in document.iter("workflow")] or None
    jobs.run(context, request)


@jobs.job("PublishXml")
@jobs.job("PublishAllXml")
@jobs.job("PublishAllXmlAsync")
def do_publish(context: Context, job: Row, parameters: dict[str, Any]) -> JobResult:
    """Unpublished flows and drafts come to light; PublishXml that names no flows is taken for all of them."""
    named = parameters.get("flows")
    wanted: dict[str, Any] = {} if named is None else {"workflowid": named}
    for flow in context.store.find("workflow", columns=["workflowid"], componentstate=UNPUBLISHED, **wanted):
        context.store.update("workflow", flow["workflowid"], {"componentstate": PUBLISHED})
    for flow_id, content in drafts.take(context.store, named):
        context.update("workflow", flow_id, content)
        row = context.store.get("workflow", flow_id) or {}
        if row.get("ismanaged"):
            kind = BY_TABLE["workflow"]
            layers.customise(context.store, kind, flow_id, components.content_of(kind, row))
    return JobResult()


def _request(context: Context, message: str, operation: int) -> JobRequest:
    context.require_privilege("prvPublishCustomization")
    return JobRequest(
        message, {}, lock="PublishAll", history=HistoryKind(operation), solution={"uniquename": "Default"}
    )
