# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can be made to go wrong, as a client sees it, and whether the work was done."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import requests
from client import Client, change_set, error, part
from dataverse_simulator import Simulator

GO_ON = "odata.continue-on-error"


def notes(api: Client) -> int:
    api.simulator.clear_faults()
    return len(api.values("annotations?$select=annotationid"))


def test_a_reset_before_the_work_leaves_nothing(api: Client) -> None:
    api.simulator.add_fault({"kind": "reset_before", "method": "POST"})
    with pytest.raises(requests.ConnectionError):
        api.post("annotations", {"subject": "a"})
    assert notes(api) == 0


def test_a_lost_reply_leaves_the_work_done(api: Client) -> None:
    api.simulator.add_fault({"kind": "reset_after", "method": "POST"})
    with pytest.raises(requests.ConnectionError):
        api.post("annotations", {"subject": "a"})
    assert notes(api) == 1


def held_back(api: Client, **fault: Any) -> None:
    api.simulator.add_fault({"kind": "hold", "method": "POST", **fault})
    with pytest.raises(requests.ConnectionError):
        api.post("annotations", {"subject": "late"})
    assert notes(api) == 0
    assert not api.simulator.journal(writes=True)


def test_a_request_held_back_is_carried_out_when_its_time_comes(api: Client) -> None:
    held_back(api, seconds=60)
    api.simulator.advance(59)
    assert (notes(api), api.simulator.held("test")) == (0, 1)
    api.simulator.advance(2)
    assert (notes(api), api.simulator.held("test")) == (1, 0)
    assert [entry.status for entry in api.simulator.journal(writes=True)] == [204]


def test_the_next_request_comes_after_what_has_fallen_due(api: Client) -> None:
    held_back(api, seconds=1)
    api.simulator.clock.advance(2)
    assert [row["subject"] for row in api.values("annotations")] == ["late"]


def test_requests_held_back_are_carried_out_on_command_in_their_order(api: Client) -> None:
    for subject, seconds in (("second", 900), ("first", 600)):
        api.simulator.add_fault({"kind": "hold", "method": "POST", "seconds": seconds})
        with pytest.raises(requests.ConnectionError):
            api.post("annotations", {"subject": subject})
    api.simulator.release("test")
    assert [row["subject"] for row in api.values("annotations?$orderby=versionnumber")] == ["first", "second"]


@pytest.mark.parametrize("back", ["reset", "restore"])
def test_an_environment_that_goes_back_forgets_what_was_held_back(api: Client, back: str) -> None:
    api.simulator.snapshot("test")
    held_back(api)
    getattr(api.simulator, back)("test")
    api.simulator.release("test")
    assert notes(api) == 0


def test_a_truncated_answer_breaks_off(api: Client) -> None:
    api.simulator.add_fault({"kind": "truncated", "path": "WhoAmI"})
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api.get("WhoAmI")


ANSWERS: list[tuple[dict[str, Any], int, str, int]] = [
    # fault, status, code, notes afterwards
    ({"kind": "throttled", "seconds": 7}, 429, "0x80072322", 0),
    ({"kind": "throttled", "code": "0x80072321"}, 429, "0x80072321", 0),
    ({"kind": "throttled", "code": "0x80072326"}, 429, "0x80072326", 0),
    ({"kind": "locked"}, 429, "0x80071151", 0),
    ({"kind": "error"}, 500, "0x80040216", 0),
    ({"kind": "error", "status": 502}, 502, "0x80040216", 0),
    ({"kind": "error", "status": 503, "code": "0x80048551"}, 503, "0x80048551", 0),
    ({"kind": "error", "status": 504}, 504, "0x80040216", 0),
    ({"kind": "error_after", "status": 500}, 500, "0x80040216", 1),
    ({"kind": "not_found"}, 404, "0x80040217", 0),
]


@pytest.mark.parametrize(("fault", "status", "code", "count"), ANSWERS)
def test_an_error_on_request(api: Client, fault: dict[str, Any], status: int, code: str, count: int) -> None:
    api.simulator.add_fault(fault)
    answer = api.post("annotations", {"subject": "a"})
    assert error(answer) == (status, code)
    assert notes(api) == count


def test_only_service_protection_says_when_to_come_again(api: Client) -> None:
    api.simulator.add_fault({"kind": "throttled", "seconds": 7})
    assert api.get("WhoAmI").headers["Retry-After"] == "7"
    api.simulator.add_fault({"kind": "locked"})
    assert "Retry-After" not in api.get("WhoAmI").headers


def test_a_page_instead_of_an_answer(api: Client) -> None:
    api.simulator.add_fault({"kind": "html", "status": 200})
    answer = api.get("WhoAmI")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_wrong_content_type(api: Client) -> None:
    api.simulator.add_fault({"kind": "content_type"})
    answer = api.get("WhoAmI")
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.json()["UserId"]


def test_a_slow_answer(api: Client) -> None:
    api.simulator.add_fault({"kind": "slow", "seconds": 0.4})
    started = time.monotonic()
    assert api.get("WhoAmI").status_code == 200
    assert time.monotonic() - started >= 0.4
    api.simulator.add_fault({"kind": "slow", "seconds": 1})
    with pytest.raises(requests.ReadTimeout):
        api.session.get(f"{api.root}WhoAmI", timeout=0.2)


def test_a_token_that_expires_in_the_middle(api: Client) -> None:
    api.simulator.add_fault({"kind": "token_expired", "nth": 2})
    assert [api.get("WhoAmI").status_code for _dummy in range(3)] == [200, 401, 401]
    fresh = Client(api.simulator, "test")
    fresh.session.headers["Authorization"] = f"Bearer {api.simulator.token('test', lifetime=1800)}"
    assert fresh.get("WhoAmI").status_code == 200


def test_connections_are_refused_for_a_while(api: Client) -> None:
    assert api.get("WhoAmI").status_code == 200
    api.simulator.add_fault({"kind": "refused", "seconds": 0.6})
    assert api.get("WhoAmI").status_code == 200
    time.sleep(0.2)
    with pytest.raises(requests.ConnectionError, match="refused"):
        api.get("WhoAmI")
    time.sleep(0.8)
    assert api.get("WhoAmI").status_code == 200


def test_a_fault_strikes_the_requests_it_was_made_for(api: Client) -> None:
    api.simulator.add_fault({"kind": "error", "operation": "WhoAmI", "nth": 2, "count": 2, "environment": "test"})
    assert Client(api.simulator, "dev").get("WhoAmI").status_code == 200
    assert api.get("teams").status_code == 200
    assert [api.get("WhoAmI()").status_code for _dummy in range(4)] == [200, 500, 500, 200]
    api.simulator.add_fault({"kind": "error", "path": r"teams\?.*filter", "count": 9})
    assert [api.get("teams").status_code, api.get("teams?$filter=teamtype eq 0").status_code] == [200, 500]


def test_the_journal_names_the_fault(api: Client) -> None:
    api.simulator.add_fault({"kind": "reset_before"})
    with pytest.raises(requests.ConnectionError):
        api.get("WhoAmI")
    entry = api.simulator.journal("test")[-1]
    assert (entry.fault, entry.status) == ("reset_before", 0)


NONSENSE = [{"kind": "nonsense"}, {"kind": "error", "colour": "red"}, {}, {"kind": "error", "path": "("}]
NONSENSE += [[], "x", 5]
NONSENSE += [{"kind": "error", **wrong} for wrong in ({"nth": "x"}, {"status": "503"}, {"method": 5}, {"count": 0})]


@pytest.mark.parametrize("fault", NONSENSE)
def test_a_fault_that_makes_no_sense_is_refused(simulator: Simulator, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault"):
        simulator.add_fault(fault)
    assert not simulator.environments.tenant.faults.listing()


def statuses(answer: requests.Response) -> list[int]:
    return [int(found) for found in re.findall(r"HTTP/1\.1 (\d+)", answer.text)]


def create(number: int) -> str:
    return part("POST", "annotations", json.dumps({"subject": f"note {number}"}))


def subjects(api: Client) -> list[str]:
    api.simulator.clear_faults()
    return sorted(row["subject"] for row in api.values("annotations?$select=subject"))


IN_A_BATCH: list[tuple[dict[str, Any], int, bool]] = [
    # fault, status of the struck operation, whether its work was done
    ({"kind": "throttled", "seconds": 7}, 429, False),
    ({"kind": "locked"}, 429, False),
    ({"kind": "error", "status": 503}, 503, False),
    ({"kind": "error", "status": 403, "code": "0x80040220"}, 403, False),
    ({"kind": "error_after", "status": 500}, 500, True),
    ({"kind": "not_found"}, 404, False),
]


@pytest.mark.parametrize(("fault", "status", "done"), IN_A_BATCH)
def test_a_fault_strikes_one_operation_inside_a_batch(
    api: Client, fault: dict[str, Any], status: int, done: bool
) -> None:
    api.simulator.add_fault({**fault, "method": "POST", "path": "annotations", "nth": 2})
    answer = api.batch([create(number) for number in range(3)], prefer=GO_ON)
    assert (answer.status_code, statuses(answer)) == (200, [204, status, 204])
    assert [entry.fault for entry in api.simulator.journal("test")] == ["", "", fault["kind"], ""]
    assert ("Retry-After: 7" in answer.text) is (fault["kind"] == "throttled")
    assert subjects(api) == (["note 0", "note 1", "note 2"] if done else ["note 0", "note 2"])


def test_single_requests_and_operations_are_counted_together(api: Client) -> None:
    api.simulator.add_fault({"kind": "error", "operation": "WhoAmI", "nth": 3, "count": 2})
    assert api.get("WhoAmI").status_code == 200
    answer = api.batch([part("GET", "WhoAmI"), part("GET", "teams"), part("GET", "WhoAmI()")], prefer=GO_ON)
    assert statuses(answer) == [200, 200, 500]
    assert [api.get("WhoAmI").status_code for _dummy in range(2)] == [500, 200]


def test_without_going_on_a_struck_operation_ends_the_batch(api: Client) -> None:
    api.simulator.add_fault({"kind": "error", "status": 503, "path": "annotations$", "nth": 2})
    answer = api.batch([create(number) for number in range(3)])
    assert (answer.status_code, statuses(answer)) == (503, [204, 503])
    assert subjects(api) == ["note 0"]


@pytest.mark.parametrize("kind", ["error", "error_after"])
def test_a_struck_operation_undoes_its_change_set(api: Client, kind: str) -> None:
    api.simulator.add_fault({"kind": kind, "path": "annotations", "nth": 2})
    inner = [part("POST", "annotations", '{"subject":"in a set"}', str(number)) for number in (1, 2)]
    answer = api.batch([change_set(*inner), create(0)], prefer=GO_ON)
    assert statuses(answer) == [500, 204]
    assert subjects(api) == ["note 0"]


def test_a_slow_operation_makes_its_batch_slow(api: Client) -> None:
    api.simulator.add_fault({"kind": "slow", "seconds": 0.4, "path": "annotations"})
    started = time.monotonic()
    assert statuses(api.batch([create(0), create(1)])) == [204, 204]
    assert 0.4 <= time.monotonic() - started < 2


WHOLE = ["hold", "refused", "reset_before", "reset_after", "truncated", "html", "content_type", "token_expired"]


@pytest.mark.parametrize("kind", WHOLE)
def test_faults_of_connections_and_whole_answers_do_not_look_into_batches(api: Client, kind: str) -> None:
    api.simulator.add_fault({"kind": kind, "path": "annotations"})
    assert statuses(api.batch([create(0), create(1)])) == [204, 204]
    assert api.simulator.environments.tenant.faults.listing()[0]["seen"] == 0


@pytest.mark.parametrize("names", [{"operation": "$batch"}, {"path": "batch"}, {"method": "POST"}])
def test_a_fault_of_the_batch_itself_strikes_the_whole(api: Client, names: dict[str, str]) -> None:
    api.simulator.add_fault({"kind": "error", "status": 503, "count": 2, **names})
    assert api.batch([create(0), create(1)]).status_code == 503
    assert api.simulator.environments.tenant.faults.listing()[0]["seen"] == 1
    assert subjects(api) == []


def test_the_job_of_an_operation_inside_a_batch_fails_on_request(api: Client) -> None:
    api.simulator.add_fault({"kind": "job_fails", "operation": "PublishAllXmlAsync", "message": "It broke."})
    answer = api.batch([part("GET", "WhoAmI"), part("POST", "PublishAllXmlAsync", "{}")])
    assert statuses(answer) == [200, 200]
    api.simulator.advance(5)
    rows = api.values("asyncoperations?$filter=messagename eq 'PublishAllXmlAsync'")
    assert [(row["statuscode"], row["friendlymessage"]) for row in rows] == [(31, "It broke.")]
