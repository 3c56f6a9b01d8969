"""``setsuden footprint --live``: the hours a run took place in, priced by a service or by the annual table."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from tests.formats.support import record
from tests.live.service import serving, settings


def footprint(*words: str) -> Result:
    return CliRunner().invoke(main, ["footprint", *words])


def test_a_run_is_priced_by_its_hours_or_by_the_year_and_either_is_said(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from setsuden.footprint.live import price

    slot = {"from": "2026-01-01T00:00Z", "to": "2026-01-01T02:00Z", "intensity": {"forecast": 1, "actual": 100}}
    words = ("--run", record().id, "--site", "GB", "--live", "gb", "--json")
    with serving() as service:
        monkeypatch.setattr(price, "LiveSettings", lambda: settings(service, None, lambda: 1_767_232_800.0))
        service.answers["/intensity/2026-01-01T00:00Z/2026-01-01T01:30Z"] = {"data": [slot]}
        live = footprint(*words)
        service.answers.clear()
        annual = footprint(*words)
    assert "SET-LIVE: " in live.stderr
    assert "SET-LIVE-NO-DATA" in annual.stderr
    found = json.loads(live.stdout)
    assert found["operational_carbon_kg"]["value"] == pytest.approx(found["energy_kwh"]["value"] * 0.1)
    assert json.loads(annual.stdout)["operational_carbon_kg"]["value"] != pytest.approx(
        found["operational_carbon_kg"]["value"]
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kwh", "1", "--site", "GB", "--live", "gb"), "--live goes with --run"),
        (("--run", "last", "--live", "gb"), "--live needs --site"),
        (("--run", "last", "--site", "GB", "--intensity", "5", "--live", "gb"), "--live already says"),
    ],
)
def test_live_is_refused_where_it_means_nothing(words: tuple[str, ...], said: str) -> None:
    record()
    result = footprint(*words)
    assert result.exit_code == 2
    assert said in result.stderr
