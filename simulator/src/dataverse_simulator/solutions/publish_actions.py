# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PublishAllXml, PublishAllXmlAsync, PublishXml.

Source: Web API reference of these actions; project reference on solutions, 2.7 and 4. New flows of an unmanaged import
are drafts until they are published; a change of a published flow has no separate draft here.
"""

from __future__ import annotations

from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from ..environments.context import Context
from ..environments.store import Row
from ..errors import ODataError
from ..packages.rows import parse_xml
from ..web_api.operations import action
from ..web_api.parameters import required
from . import imports, jobs
from .job_rows import HistoryKind
from .jobs import JobRequest, JobResult


@action("PublishAllXml")
def publish_all(context: Context, parameters: dict[str, Any]) -> None:
    jobs.run(context, _request(context, "PublishAllXml", 4))


@action("PublishAllXmlAsync")
def publish_all_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"AsyncOperationId": jobs.start(context, _request(context, "PublishAllXmlAsync", 4))["jobid"]}


@action("PublishXml", {"ParameterXml": required("Edm.String")})
def publish(context: Context, parameters: dict[str, Any]) -> None:
    try:
        parse_xml(parameters["ParameterXml"].encode())
    except etree.XMLSyntaxError as error:
        raise ODataError(400, "0x8004802C", f"The parameter ParameterXml is not well formed: {error}") from error
    jobs.run(context, _request(context, "PublishXml", 3))


@jobs.job("PublishXml")
@jobs.job("PublishAllXml")
@jobs.job("PublishAllXmlAsync")
def do_publish(context: Context, job: Row, parameters: dict[str, Any]) -> JobResult:
    """Unpublished flows come to light; PublishXml, which names single components, is taken for all of them."""
    for flow in context.store.find("workflow", columns=["workflowid"], componentstate=imports.UNPUBLISHED):
        context.store.update("workflow", flow["workflowid"], {"componentstate": imports.PUBLISHED})
    return JobResult()


def _request(context: Context, message: str, operation: int) -> JobRequest:
    context.require_privilege("prvPublishCustomization")
    return JobRequest(
        message, {}, lock="PublishAll", history=HistoryKind(operation), solution={"uniquename": "Default"}
    )
