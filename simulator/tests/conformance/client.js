// Copyright: (c) 2026, coe.power_platform contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Runs one step with dynamics-web-api and prints its result as JSON: node client.js <step> <JSON with url, token, input>.
const { DynamicsWebApi } = require("dynamics-web-api");

const given = JSON.parse(process.argv[3]);
const api = new DynamicsWebApi({
  serverUrl: `${given.url}/`,
  dataApi: { version: "9.2" },
  onTokenRefresh: async () => given.token,
});
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const workflow = (id) => ({ workflowid: id, "@odata.type": "Microsoft.Dynamics.CRM.workflow" });
const team = (id) => ({ teamid: id, "@odata.type": "Microsoft.Dynamics.CRM.team" });
const shares = async (flow) =>
  (await api.callFunction({
    name: "RetrieveSharedPrincipalsAndAccess",
    parameters: { Target: { "@odata.id": `workflows(${flow})` } },
  })).PrincipalAccesses;

const steps = {
  whoAmI: () => api.callFunction({ name: "WhoAmI" }),

  retrieveMultiple: async () => {
    const first = await api.retrieveMultiple({
      collection: "systemusers",
      select: ["fullname", "domainname"],
      filter: "accessmode eq 0 and contains(domainname,'contoso')",
      orderBy: ["fullname desc"],
      count: true,
      maxPageSize: 3,
    });
    const second = await api.retrieveMultiple(
      { collection: "systemusers", maxPageSize: 3 }, first.oDataNextLink);
    const all = await api.retrieveAll({
      collection: "systemusers",
      select: ["fullname"],
      filter: "accessmode eq 0 and contains(domainname,'contoso')",
      orderBy: ["fullname desc"],
    });
    const top = await api.retrieveMultiple({ collection: "systemusers", select: ["fullname"], top: 2 });
    return {
      count: first.oDataCount,
      pages: [first, second].map((page) => page.value.map((row) => row.fullname)),
      all: all.value.map((row) => row.fullname),
      top: top.value.length,
    };
  },

  expand: async () => {
    const users = await api.retrieveMultiple({
      collection: "systemusers",
      select: ["fullname"],
      filter: "domainname eq 'jane.doe@contoso.example'",
      expand: [{ property: "businessunitid", select: ["name"] }],
      includeAnnotations: "*",
    });
    return users.value;
  },

  createUpdateDelete: async () => {
    const id = await api.create({ collection: "annotations", data: { subject: "a" } });
    const created = await api.create({
      collection: "annotations", data: { subject: "b" }, returnRepresentation: true, select: ["subject"] });
    await api.update({ collection: "annotations", key: id, data: { subject: "c" } });
    const updated = await api.retrieve({ collection: "annotations", key: id, select: ["subject"] });
    const represented = await api.update({
      collection: "annotations", key: id, data: { subject: "d" }, returnRepresentation: true, select: ["subject"] });
    // This client turns 412 into false.
    const stale = await api.update({
      collection: "annotations", key: id, data: { subject: "e" }, ifmatch: updated["@odata.etag"],
    }).catch((error) => error.status);
    await api.deleteRecord({ collection: "annotations", key: id });
    const gone = await api.retrieve({ collection: "annotations", key: id }).catch((error) => [error.status, error.code]);
    return { created: created.subject, updated: updated.subject, represented: represented.subject, stale, gone };
  },

  upsert: async () => {
    const key = "connectionreferencelogicalname='con_upsert'";
    const request = (connectorid) => ({
      collection: "connectionreferences", key, data: { connectorid }, returnRepresentation: true, select: ["connectorid"] });
    const made = await api.upsert(request("/one"));
    const changed = await api.upsert(request("/two"));
    return [made.connectorid, changed.connectorid];
  },

  batch: async () => {
    api.startBatch();
    api.create({ collection: "publishers", data: { uniquename: "batched", friendlyname: "Batched" }, contentId: "1" });
    api.create({
      collection: "solutions",
      data: { uniquename: "batched", friendlyname: "Batched", "publisherid@odata.bind": "$1" },
      contentId: "2",
    });
    api.retrieveMultiple({ collection: "publishers", select: ["uniquename"], filter: "uniquename eq 'batched'" });
    const [publisher, solution, rows] = await api.executeBatch();
    return { publisher, solution, rows: rows.value.map((row) => row.uniquename) };
  },

  failedBatch: async () => {
    api.startBatch();
    api.create({ collection: "annotations", data: { subject: "half" }, contentId: "1" });
    api.create({ collection: "annotations", data: { nonsense: true }, contentId: "2" });
    const failed = await api.executeBatch().catch((errors) => errors.map((error) => error.status));
    const left = await api.retrieveMultiple({ collection: "annotations", filter: "subject eq 'half'" });
    return { failed, left: left.value.length };
  },

  share: async () => {
    const { flow, team: teamId } = given.input;
    const access = (mask) => ({ Target: workflow(flow), PrincipalAccess: { Principal: team(teamId), AccessMask: mask } });
    const masks = [];
    const look = async () => masks.push((await shares(flow)).map((one) => one.AccessMask));
    await api.callAction({ actionName: "GrantAccess", action: access("ReadAccess") });
    await look();
    await api.callAction({ actionName: "GrantAccess", action: access("WriteAccess") });
    await look();
    await api.callAction({ actionName: "ModifyAccess", action: access("ReadAccess") });
    await look();
    await api.callAction({ actionName: "RevokeAccess", action: { Target: workflow(flow), Revokee: team(teamId) } });
    await look();
    return masks;
  },

  importSolution: async () => {
    const started = await api.callAction({
      actionName: "ImportSolutionAsync",
      action: { OverwriteUnmanagedCustomizations: false, PublishWorkflows: true, CustomizationFile: given.input.file },
    });
    let job;
    for (let attempt = 0; attempt < 100; attempt++) {
      job = await api.retrieve({
        collection: "asyncoperations", key: started.AsyncOperationId, select: ["statecode", "statuscode", "message"] });
      if (job.statecode === 3) break;
      await later(100);
    }
    const installed = await api.retrieveMultiple({
      collection: "solutions", select: ["version", "ismanaged"], filter: `uniquename eq '${given.input.name}'` });
    return { status: [job.statecode, job.statuscode], message: job.message, installed: installed.value };
  },

  throttled: () => api.callFunction({ name: "WhoAmI" })
    .catch((error) => ({ status: error.status, code: error.code, retryAfter: error.headers["retry-after"] })),
};

steps[process.argv[2]]()
  .then((result) => console.log(JSON.stringify(result ?? null)))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
