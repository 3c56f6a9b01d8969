"""One training in one place or on many clients, and stages with grids of their own: closed forms."""

from __future__ import annotations

import pytest

from setsuden.catalogue import grid
from setsuden.errors import InputError
from setsuden.lifecycle import Answer, answer
from setsuden.lifecycle.document import document
from setsuden.lifecycle.reading import read
from setsuden.lifecycle.text import text
from setsuden.places import parse_yaml
from tests.schemas_support import validate

LIFE = """
months: 12
requests_per_day: 1000
site: JP
pue: 1.2
develop: {energy_kwh: 0}
train: {energy_kwh: 10}
serve: {energy_j: 3.6}
federated:
  rounds: 100
  clients_per_round: 20
  client_j: 1800
  upload_mb: 10
  download_mb: 15
  server_j_per_round: 3600
  central_data_gb: 40
  average_kwh_per_gb: 0.03
  marginal_w_per_mbps: 0.03
"""
PER_GB = {"attribution": 0.03, "marginal": 0.03 / 1e6 * 8e9 / 3.6e6}


def life(said: str) -> Answer:
    return answer(*read(parse_yaml(said, "life.yaml", "lifecycle")))


@pytest.mark.parametrize("place", [0, 1])
def test_both_ways_are_the_sums_of_their_parts(place: int) -> None:
    found = life(LIFE).federated[place]
    per_gb = PER_GB[found.view]
    assert found.central.value == pytest.approx(10 * 1.2 + 40 * per_gb)
    federated = 100 * (20 * 1800 + 3600 * 1.2) / 3.6e6 + 100 * 20 * 25 / 1e3 * per_gb
    assert found.federated.value == pytest.approx(federated)
    assert found.probability == (1.0 if federated < found.central.value else 0.0)


def test_what_is_not_declared_of_server_and_data_is_nothing() -> None:
    bare = LIFE.replace("  server_j_per_round: 3600\n  central_data_gb: 40\n", "")
    for found in life(bare).federated:
        assert found.central.value == pytest.approx(10 * 1.2)
        assert found.federated.value == pytest.approx(100 * 20 * (1800 / 3.6e6 + 0.025 * PER_GB[found.view]))


def test_the_interval_of_both_ways_is_that_of_what_is_unsure() -> None:
    unsure = LIFE.replace("client_j: 1800", "client_j: {value: 1800, low: 900, high: 3600}")
    (found,) = [item for item in life(unsure).federated if item.view == "attribution"]
    low, value, high = (100 * (20 * joules + 3600 * 1.2) / 3.6e6 + 50 * 0.03 for joules in (900, 1800, 3600))
    assert (found.federated.low, found.federated.high) == pytest.approx((low, high), rel=0.03)
    assert found.federated.value == pytest.approx(value)
    assert found.central.low == found.central.value == found.central.high


@pytest.mark.parametrize(
    ("factor", "written", "scaled"),
    [
        ("rounds", "rounds: 100", "rounds: {n}"),
        ("exchanged_mb", "upload_mb: 10\n  download_mb: 15", "upload_mb: {n}\n  download_mb: 0"),
        ("network_kwh_per_gb", "average_kwh_per_gb: 0.03", "average_kwh_per_gb: {n}"),
    ],
)
def test_at_a_break_even_both_take_the_same(factor: str, written: str, scaled: str) -> None:
    (found,) = [item for item in life(LIFE).federated if item.view == "attribution"]
    point = found.points[factor]  # type: ignore[index]
    assert point.n is not None
    assert point.verdict == "below"
    assert written in LIFE
    (there,) = [
        item for item in life(LIFE.replace(written, scaled.format(n=point.n))).federated if item.view == "attribution"
    ]
    assert there.federated.value == pytest.approx(there.central.value)


def test_collecting_more_data_favours_the_federated_way() -> None:
    dear = LIFE.replace("client_j: 1800", "client_j: 30000")
    (found,) = [item for item in life(dear).federated if item.view == "attribution"]
    point = found.points["central_data_gb"]
    assert point.verdict == "above"
    federated = 100 * (20 * 30000 + 3600 * 1.2) / 3.6e6 + 50 * 0.03
    assert point.n == pytest.approx((federated - 12) / 0.03)


def test_a_link_as_efficient_as_savazzi_wants_is_found() -> None:
    """50 kbit/J is 0.044 kWh/GB: where clients spend nothing else, the point is training over data exchanged."""
    free = LIFE.replace("client_j: 1800", "client_j: 0").replace("central_data_gb: 40", "central_data_gb: 0")
    free = free.replace("server_j_per_round: 3600", "server_j_per_round: 0")
    (found,) = [item for item in life(free).federated if item.view == "attribution"]
    assert found.points["network_kwh_per_gb"].n == pytest.approx(12 / 50)


def test_a_stage_with_a_site_is_priced_by_its_grid_and_the_others_by_that_of_the_life() -> None:
    said = LIFE.replace("train: {energy_kwh: 10}", "train: {energy_kwh: 10, site: SE}")
    sheet = life(said).sheets["marginal"]
    assert sheet.carbon["train"].value == pytest.approx(12 * grid.intensity("SE").estimate().value / 1e3)
    serving = 1000 * 365.25 * 3.6 / 3.6e6 * 1.2
    assert sheet.carbon["serve"].value == pytest.approx(serving * grid.intensity("JP").estimate().value / 1e3)


def test_training_again_is_done_where_training_was_unless_said_otherwise() -> None:
    said = LIFE.replace("train: {energy_kwh: 10}", "train: {energy_kwh: 10, site: SE}\nretrain: {every_months: 6}")
    sheet = life(said).sheets["marginal"]
    assert sheet.carbon["retrain"].value == pytest.approx(sheet.carbon["train"].value)
    home = life(said.replace("{every_months: 6}", "{every_months: 6, site: JP}")).sheets["marginal"]
    assert home.carbon["retrain"].value > 3 * sheet.carbon["retrain"].value


def test_an_intensity_can_be_stated_for_the_life_and_for_a_stage() -> None:
    """BLOOM was trained at 57 g/kWh; GPT-3 is priced at 429."""
    said = LIFE.replace("site: JP", "intensity_g_per_kwh: 429").replace(
        "train: {energy_kwh: 10}", "train: {energy_kwh: 10, intensity_g_per_kwh: 57}\nretrain: {every_months: 6}"
    )
    sheet = life(said).sheets["marginal"]
    assert sheet.carbon["train"].value == sheet.carbon["retrain"].value == pytest.approx(12 * 57 / 1e3)
    assert sheet.carbon["serve"].value == pytest.approx(365250 * 3.6 / 3.6e6 * 1.2 * 429 / 1e3)
    with pytest.raises(InputError, match="either site or intensity"):
        life(said.replace("serve: {energy_j: 3.6}", "serve: {energy_j: 3.6, site: JP, intensity_g_per_kwh: 1}"))


def test_gpt_3_emits_what_was_printed() -> None:
    """10,000 chips x 14.8 days x 330 W x 1.10 at 0.429 kg/kWh: 552.1 t (arXiv 2104.10350)."""
    said = """
months: 1
requests_per_day: 1
intensity_g_per_kwh: 429
pue: 1.1
develop: {energy_kwh: 0}
train: {hours: 355.2, watts: 330, count: 10000}
serve: {energy_j: 864}
"""
    assert life(said).sheets["marginal"].carbon["train"].to("tCO2e").value == pytest.approx(552.1, rel=0.003)


def test_the_document_keeps_its_schema_and_the_text_names_what_turns_it() -> None:
    found = life(LIFE)
    plain = document(found)
    validate("lifecycle", plain)
    train = next(item for item in plain["views"]["marginal"]["stages"] if item["name"] == "train")
    assert train["intensity_g_per_kwh"]["value"] == pytest.approx(grid.intensity("JP").estimate().value)
    assert "Federated (average view)" in text(found, "en")
    assert "連合学習" in text(found, "ja")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("rounds: 100", "rounds: 0"), "rounds must be above 0"),
        (("train: {energy_kwh: 10}", ""), "federated needs train"),
        (("client_j: 1800", "client_j: -1"), "federated.client_j"),
        (("train: {energy_kwh: 10}", "train: {energy_kwh: 10, site: Atlantis}"), "train.site"),
    ],
)
def test_a_wrong_declaration_is_one_sentence_with_its_place(change: tuple[str, str], match: str) -> None:
    with pytest.raises(InputError) as raised:
        life(LIFE.replace(*change))
    assert match in str(raised.value)
