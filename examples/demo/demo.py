# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a shared desktop flow, played against a local Dataverse with the collection's own playbooks.

Needs the collection on ANSIBLE_COLLECTIONS_PATH, and the simulator in the Python environment: ``make demo`` sees to it.
Ends with exit code 0 when each step did what it is there to show.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
from typing import Any, NamedTuple

from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from dataverse_simulator import Simulator
from rich.console import Console
from rich.table import Table

HERE = pathlib.Path(__file__).parent
SOLUTION = "CoESharedFlows"
TARGETS = ("test", "prod")
RECAP = re.compile(r"^(?P<host>\S+)\s+: ok=\d+\s+changed=(?P<changed>\d+)", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
WORDS = {1: "user", 851991: "co_owner"}

console = Console(highlight=False, width=None if sys.stdout.isatty() else 128)


class Share(NamedTuple):
    """A permission, and the id of the row that gives it."""

    permission: str
    row_id: str


Shares = dict[tuple[str, str], Share]
"""By the names of flow and principal."""


def permissions(shares: Shares) -> dict[tuple[str, str], str]:
    """Return shares without the rows that give them."""
    return {key: share.permission for key, share in shares.items()}


class Demo:
    """A simulator with three environments, and the people who work with them."""

    def __init__(self, simulator: Simulator, folder: pathlib.Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.clients = {name: DataverseClient.from_params(_options(simulator, name)) for name in ("dev", *TARGETS)}
        self.happened: dict[str, list[str]] = {name: [] for name in TARGETS}

    # -- what people do ------------------------------------------------------------------------------------------------

    def play(self, playbook: str, **variables: str) -> dict[str, int]:
        """Run a playbook of the collection; return the number of changed tasks by host."""
        command = ["ansible-playbook", f"coe.power_platform.{playbook}", "-i", str(HERE / "inventory.yml")]
        for name, value in variables.items():
            command += ["-e", f"{name}={value}"]
        console.print(f"$ {' '.join(command[:2])} {' '.join(command[4:])}", style="bold")
        connection = self.simulator.connection("dev")
        environment = {
            **os.environ,
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "DEMO_URL": connection["environment_url"].rpartition("/")[0],
            "POWER_PLATFORM_TENANT_ID": connection["tenant_id"],
            "POWER_PLATFORM_CLIENT_ID": connection["client_id"],
            "POWER_PLATFORM_CLIENT_SECRET": connection["client_secret"],
            "POWER_PLATFORM_AUTHORITY": connection["authority"],
            "POWER_PLATFORM_CA_PATH": str(connection["ca_path"]),
        }
        output = _show(command, environment, self.folder)
        return {match["host"]: int(match["changed"]) for match in RECAP.finditer(output)}

    def publish(self, version: str, note: str, *, drop: str | None = None) -> None:
        """Play the maker in dev: edit a flow, perhaps drop another one, and raise the solution's version."""
        console.print(f"The maker in dev: {note}, version {version}", style="cyan")
        dev = self.clients["dev"]
        flows = {row["name"]: row["workflowid"] for row in self._flows("dev")}
        edited = flows["Read Invoice"]
        script = json.loads(dev.get(f"workflows({edited})", {"$select": "definition"})["definition"])
        dev.update("workflows", edited, {"definition": json.dumps(f"{script}\r\n# {version}")})
        if drop:
            dev.call(
                "RemoveSolutionComponent",
                {
                    "SolutionComponent": {
                        "@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent",
                        "solutioncomponentid": flows[drop],
                    },
                    "ComponentType": 29,
                    "SolutionUniqueName": SOLUTION,
                },
            )
        dev.update("solutions", self._solution("dev")["solutionid"], {"version": version})

    def revoke_by_hand(self, environment: str, flow: str, principal: str) -> None:
        """Play somebody who takes a share away in the portal."""
        console.print(f"Somebody in {environment} takes {flow!r} away from {principal!r}", style="cyan")
        flows = {row["name"]: row["workflowid"] for row in self._flows(environment)}
        team = next(row["teamid"] for row in self._teams(environment) if row["name"] == principal)
        self.clients[environment].call(
            "RevokeAccess",
            {
                "Target": {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": flows[flow]},
                "Revokee": {"@odata.type": "Microsoft.Dynamics.CRM.team", "teamid": team},
            },
        )

    # -- what there is to see ------------------------------------------------------------------------------------------

    def shares(self, environment: str) -> Shares:
        """Read who has which permission on the flows of an environment."""
        flows = {row["workflowid"]: row["name"] for row in self._flows(environment)}
        names = {row["teamid"]: row["name"] for row in self._teams(environment)}
        users = self.clients[environment].list("systemusers", select=("systemuserid", "fullname"))
        names |= {row["systemuserid"]: row["fullname"] for row in users}
        rows = self.clients[environment].list(
            "principalobjectaccessset",
            select=("principalobjectaccessid", "objectid", "principalid", "accessrightsmask"),
            filter="objecttypecode eq 'workflow' and accessrightsmask ne 0",
        )
        return {
            (flows[row["objectid"]], names[row["principalid"]]): Share(
                WORDS.get(row["accessrightsmask"], str(row["accessrightsmask"])), row["principalobjectaccessid"]
            )
            for row in rows
        }

    def version(self, environment: str) -> str:
        """Read the installed version of the solution."""
        return str(self._solution(environment)["version"])

    def share_writes(self, environment: str) -> int:
        """Count the grants and revokes since the journal was cleared."""
        names = ("GrantAccess", "ModifyAccess", "RevokeAccess")
        return sum(entry.path.endswith(names) for entry in self.simulator.journal(environment=environment, writes=True))

    def _solution(self, environment: str) -> dict[str, Any]:
        rows = self.clients[environment].list(
            "solutions", select=("solutionid", "version"), filter=f"uniquename eq '{SOLUTION}'"
        )
        return next(iter(rows))

    def _flows(self, environment: str) -> list[dict[str, Any]]:
        return list(self.clients[environment].list("workflows", select=("workflowid", "name"), filter="category eq 6"))

    def _teams(self, environment: str) -> list[dict[str, Any]]:
        return list(self.clients[environment].list("teams", select=("teamid", "name")))

    def note(self, text: str, *environments: str) -> None:
        """Remember what happened, for the table at the end."""
        for environment in environments or TARGETS:
            self.happened[environment].append(text)


def _options(simulator: Simulator, environment: str) -> dict[str, Any]:
    """Return the options of a task that were not given as None, as the doors do."""
    names = ("certificate_path", "certificate_password", "federated_token", "federated_token_path", "managed_identity")
    defaults = {"cloud": "public", "validate_certs": True, "request_timeout": 120, "access_token": None}
    return {**dict.fromkeys(names), **defaults, **simulator.connection(environment)}


def _show(command: list[str], environment: dict[str, str], folder: pathlib.Path) -> str:
    """Run a command, show what it prints while it prints it, and return that; ends the demo when it fails."""
    lines = []
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(COLOURS.sub("", line))
                print(line, end="", flush=True)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    if process.returncode:
        sys.exit(f"The playbook ended with exit code {process.returncode}.")
    return "".join(lines)


def _expect(truth: bool, text: str) -> None:
    """Say what was seen; end the demo when it is not so."""
    console.print(f"{'✔' if truth else '✘'} {text}\n", style="bold green" if truth else "bold red")
    if not truth:
        sys.exit("The demo did not show what it should.")


def play_all(demo: Demo) -> None:
    """Play the five steps."""
    console.rule("1. Deploy 1.0.0.0 into test and prod, and share its flows")
    demo.play("deploy_shared_flow")
    demo.note("1.0.0.0 installed and shared")
    first = {name: demo.shares(name) for name in TARGETS}
    _expect(all(first.values()), "The flows are there and their callers have their permissions.")

    console.rule("2. The same again")
    changed = demo.play("deploy_shared_flow")
    _expect(set(changed.values()) == {0}, f"changed=0 for every host: {changed}")

    console.rule("3. Deploy 1.1.0.0 by Update")
    demo.publish("1.1.0.0", "improves the flow 'Read Invoice'")
    demo.simulator.clear_journal()
    demo.play("deploy_shared_flow", solution_deploy_import_mode="update")
    demo.note("1.1.0.0 by Update: no share touched")
    untouched = all(demo.shares(name) == first[name] and not demo.share_writes(name) for name in TARGETS)
    _expect(untouched, "Every share is the very same row as before; nothing was granted or revoked.")

    console.rule("4. Deploy 1.2.0.0 by Upgrade: the environment drops the shares")
    demo.publish("1.2.0.0", "drops the flow 'Post Booking'", drop="Post Booking")
    demo.play("deploy_shared_flow", solution_deploy_import_mode="upgrade")
    for name in TARGETS:
        kept = {key: share for key, share in first[name].items() if key[0] != "Post Booking"}
        after = demo.shares(name)
        dropped = sum(share.row_id != after[key].row_id for key, share in kept.items() if key in after)
        demo.note(f"1.2.0.0 by Upgrade: {dropped} shares dropped, {len(after)} back", name)
        _expect(
            dropped == len(kept) and permissions(after) == permissions(kept),
            f"{name}: the environment dropped all {dropped} shares of the flows that stay; every declared one is back.",
        )

    console.rule("5. Somebody removes a share by hand in prod: audit tells, enforce repairs")
    before = permissions(demo.shares("prod"))
    demo.revoke_by_hand("prod", "Read Invoice", "Finance Robotics")
    demo.simulator.clear_journal()
    demo.play("audit_permissions")
    _expect(not demo.share_writes("prod"), "The audit told the drift and wrote nothing.")
    changed = demo.play("enforce_permissions")
    demo.note("share removed by hand: told, repaired", "prod")
    _expect(
        permissions(demo.shares("prod")) == before and changed == {"test": 0, "prod": 1},
        "Only prod was changed; the share is back.",
    )


def summary(demo: Demo) -> Table:
    """Tabulate what each environment holds now and what happened to it."""
    table = Table(title=f"Solution {SOLUTION}: who may do what", title_style="bold")
    for heading in ("environment", "version", "desktop flow", "user (may run)", "co-owner (may edit)", "what happened"):
        table.add_column(heading)
    for environment in TARGETS:
        shares = permissions(demo.shares(environment))
        flows = sorted({key[0] for key in shares})
        first = (environment, demo.version(environment), "\n".join(demo.happened[environment]))
        for flow in flows:
            name, version, happened = first if flow == flows[0] else ("", "", "")
            people = {
                wanted: "\n".join(who for (each, who), word in sorted(shares.items()) if (each, word) == (flow, wanted))
                for wanted in WORDS.values()
            }
            table.add_row(
                name, version, flow, people["user"], people["co_owner"], happened, end_section=flow == flows[-1]
            )
    return table


def main() -> None:
    """Start the simulator, play, and show the table."""
    signal.signal(signal.SIGTERM, lambda *received: sys.exit(143))
    with Simulator() as simulator, tempfile.TemporaryDirectory(prefix="power-platform-demo-") as folder:
        console.print(f"A local Dataverse answers at {simulator.environment_url('dev')} and beside it (test, prod).\n")
        demo = Demo(simulator, pathlib.Path(folder))
        play_all(demo)
        console.print(summary(demo))


if __name__ == "__main__":
    main()
