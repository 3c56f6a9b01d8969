"""A run's own traffic stands in for a declared payload."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.ledger import Ledger
from tests.meter.test_load import LoadBench


def place(*words: str) -> Result:
    return CliRunner().invoke(main, ["place", *words])


def run_that_sent(sent: float) -> str:
    with Ledger.open() as ledger:
        bench = LoadBench(ledger=ledger)
        bench.probe.load = bench.probe.load._replace(sent_bytes=0.0, received_bytes=0.0)
        with bench.meter as meter:
            bench.tick(2)
            bench.probe.load = bench.probe.load._replace(sent_bytes=sent, received_bytes=1e6)
            bench.tick(2)
        assert meter.run_id is not None
        return meter.run_id


def test_bytes_of_a_run_over_its_requests_are_the_payload() -> None:
    run = run_that_sent(50e6)
    found = json.loads(place("--payload-run", run, "--payload-requests", "500", "--json").stdout)
    assert found["question"]["payload_kb"] == pytest.approx(100.0)
    assert found["question"]["answer_kb"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--payload-run", "last"), "go together"),
        (("--payload-run", "last", "--payload-requests", "0"), "number of requests"),
        (("--payload-run", "nope", "--payload-requests", "1"), "no such run"),
    ],
)
def test_a_payload_that_cannot_be_had_is_said_in_a_sentence(words: tuple[str, ...], said: str) -> None:
    run_that_sent(1e6)
    result = place(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_run_without_traffic_is_refused() -> None:
    result = place("--payload-run", run_that_sent(0.0), "--payload-requests", "1")
    assert result.exit_code == 2
    assert "sent nothing" in result.stderr
