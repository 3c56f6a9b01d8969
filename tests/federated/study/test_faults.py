"""Clients that raise, hang or return nonsense are counted, excluded and named."""

from __future__ import annotations

from tests.federated.core.support import MODEL
from tests.federated.study.support import outcome
from tests.schemas_support import validate

from setsuden.federated.study.document import document
from setsuden.federated.study.text import text

STUDY = f"""
data: tests.federated.study.support:troubled
model: {MODEL}
partition: natural
local: {{batch_size: 10, learning_rate: 0.1}}
failures: {{hang_s: 1.0, fault_limit: 1}}
stop: {{rounds: 2}}
centralised: false
workers: 2
"""


def test_a_client_that_raises_hangs_or_is_not_finite_is_counted_excluded_and_named() -> None:
    found = outcome(STUDY)
    plain = document(found)
    validate("federate", plain)
    training = plain["trainings"][0]
    assert {name: training["turns"][name] for name in ("done", "raised", "hung", "not_finite")} == {
        "done": 6, "raised": 1, "hung": 1, "not_finite": 1,
    }  # fmt: skip
    assert sorted(fault.split(":")[0] for fault in training["faults"]) == [
        "round 1, client 1", "round 1, client 2", "round 1, client 4",
    ]  # fmt: skip
    said = text(found, "en")
    assert "client 1: raised" in said
    assert "cannot stand this sample" in said
    assert "client 2: hung" in said
