# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides how a package is imported."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that an import and its prediction have in common."""

    DOCUMENTATION = r"""
options:
  import_mode:
    description:
      - How a higher version replaces an installed one. For a first installation all modes do the same.
      - V(update) replaces what the package has and leaves what it lacks (see
        RV(coe.power_platform.solution_import#module:left_overs)). It keeps the shares of the flows. It is the fastest
        mode.
      - V(upgrade) also deletes what the package lacks. The platform removes the shares of the solution's flows.
      - V(stage_for_upgrade) installs the package beside the installed solution, as C(<name>_Upgrade), until
        M(coe.power_platform.solution_promote) applies it.
      - V(upgrade) and V(stage_for_upgrade) need a managed package.
      - V(auto) chooses between V(update) and V(upgrade) by the first of these rules that applies;
        RV(coe.power_platform.solution_import#module:plan.auto) and RV(coe.power_platform.solution_import#module:reason)
        tell which one it was. The solution is not installed or the package is unmanaged, so V(update).
        The package lacks nothing that is installed, or only what other managed solutions hold too, so V(update).
        Something still needs what the package lacks, so V(update), and it stays and is reported. Otherwise V(upgrade).
    type: str
    choices: [update, upgrade, stage_for_upgrade, auto]
    default: update
  on_contract_break:
    description:
      - What to do when the package breaks the contract of an installed desktop flow, which is to remove, rename or
        retype an input or output, to demand a new input, or to delete the flow.
      - V(fail) refuses the import before anything changes, V(warn) goes on with a warning, V(ignore) goes on silently.
        RV(coe.power_platform.solution_import#module:plan.contract_changes) tells the changes in any case.
      - When not set, it is V(fail) for flows that have a known caller, in the environment or in the package itself, and
        V(warn) for flows that have none. A caller in the environment counts even if its own arguments fit the new
        contract, since whoever deploys it has to make sure of that. One that the package brings counts unless it fits.
    type: str
    choices: [fail, warn, ignore]
  on_drafts:
    description:
      - What to do when the environment holds drafts of the package's desktop flows, which are saved there and not
        published. The platform may fail an import over them, a known issue of the version control of desktop flows.
      - V(fail) refuses the import before anything changes, V(warn) goes on with a warning.
        RV(coe.power_platform.solution_import#module:plan.drafts) tells the flows in any case.
    type: str
    choices: [fail, warn]
    default: fail
  force:
    description:
      - Import the package even if its version is installed already. This is always an update, since the platform
        upgrades to higher versions only.
    type: bool
    default: false
  allow_downgrade:
    description:
      - Whether O(import_mode=update) may replace a higher version by a lower one.
    type: bool
    default: false
  overwrite_customizations:
    description:
      - Whether to overwrite unmanaged changes that were made in the environment itself. It makes imports slower, since
        the platform then processes unchanged components too.
    type: bool
    default: false
  deployment_settings:
    description:
      - Connections and values of environment variables, as C(pac solution create-settings) writes them.
        Either the path of the JSON file or its content as a dictionary.
      - Entries with an empty value count as not given.
    type: raw
  connection_references:
    description:
      - Ids of the connections to use, by the logical name of the connection reference. They win over
        O(deployment_settings).
    type: dict
  environment_variables:
    description:
      - Values of environment variables by their schema name. They win over O(deployment_settings).
      - Dictionaries and lists are written as JSON, booleans as V(yes) and V(no).
      - Results never show values, but Ansible shows the options of a task from C(-vvv) on. Set C(no_log=true) for the
        task if values are confidential.
    type: dict
  allow_unbound_references:
    description:
      - Whether connection references of the package may stay without a connection.
      - When not set, the import is refused if O(connection_references) or O(deployment_settings) speaks of some of them
        only, and there is a warning if no connection is given at all.
    type: bool
"""
