# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m dataverse_simulator`: run the simulator until Ctrl-C and say how to connect."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from .environments.seeding import load_seed
from .environments.settings import from_variable
from .simulator import Simulator
from .tenant.faults import JOB_KINDS, OPERATION_KINDS, REQUEST_KINDS

EPILOG = "\n".join(
    [
        "faults (--fault):",
        *(f"  {kind:15} {text}" for kind, text in {**REQUEST_KINDS, **JOB_KINDS}.items()),
        f"with a path or an operation, {', '.join(sorted(OPERATION_KINDS))} strike operations inside a $batch too",
    ]
)


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m dataverse_simulator",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--port", type=int, default=8443, help="port of the server (default 8443; 0 = any free one)")
    result.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    result.add_argument("--seed", type=Path, metavar="FILE", help="YAML seed instead of the default one")
    result.add_argument("--data", type=Path, metavar="FOLDER", help="keep everything in this folder across restarts")
    result.add_argument(
        "--environments", type=int, default=0, metavar="N", help="N further environments env0001…, made on first use"
    )
    result.add_argument("--manual-clock", action="store_true", help="time stands still until the control API moves it")
    result.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="JSON",
        help='a fault, like \'{"kind": "error", "status": 503, "operation": "StageSolution", "nth": 2}\' (repeatable)',
    )
    result.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a switch of every environment, like visible_shares=own (repeatable)",
    )
    result.add_argument("--json", action="store_true", help="print how to connect as one line of JSON")
    return result


def _setting(text: str) -> tuple[str, Any]:
    """`job_seconds=5` as name and value: JSON, or the text itself."""
    name, _equals, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def show(description: dict[str, Any]) -> str:
    lines = [f"{name:12} {url}" for name, url in description["environments"].items()]
    further = description["environment_count"] - len(description["environments"])
    lines += [f"… and {further} more"] if further else []
    lines += [
        "",
        f"authority    {description['authority']}",
        f"CA file      {description['ca_path']}",
        f"certificate  {description['certificate_path']}",
        f"control API  {description['control']}",
        "",
    ]
    lines += [
        f"application  {name}: client id {one['client_id']}, secret {one['client_secret']}"
        for name, one in description["applications"].items()
    ]
    identity = description["managed_identity"]
    lines += [
        "",
        f"managed identity: IDENTITY_ENDPOINT={identity['IDENTITY_ENDPOINT']} "
        f"IDENTITY_HEADER={identity['IDENTITY_HEADER']}",
        "",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        seed = load_seed(options.seed) if options.seed else None
        faults = [json.loads(text) for text in options.fault]
        simulator = Simulator(
            seed,
            data=options.data,
            count=options.environments,
            host=options.host,
            port=options.port,
            manual_clock=options.manual_clock,
            settings={**from_variable(), **dict(_setting(text) for text in options.setting)},
        )
        for fault in faults:
            simulator.add_fault(fault)
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        print(f"dataverse_simulator: {error}", file=sys.stderr)
        return 2
    description = simulator.describe()
    print(json.dumps(description) if options.json else show(description), flush=True)
    with suppress(KeyboardInterrupt):
        simulator.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
