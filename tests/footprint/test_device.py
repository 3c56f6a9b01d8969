"""Energy from a device's name, how busy it is and how long; and published cases from their inputs alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.catalogue.device_names import device
from setsuden.catalogue.power_curves import cpu_curve
from setsuden.catalogue.processors import match_cpu
from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.footprint.device import Work
from setsuden.quantity import DEVICE, NODE, Provenance
from tests.schemas_support import validate


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["footprint", *words])


def document(*words: str) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    validate("footprint", found)
    return found


@pytest.mark.parametrize(
    ("words", "mwh", "tonnes"),
    [
        # Strubell 2019, Table 3: lb per kWh x 0.45359237
        ("--hours 79 --watts 12041.51 --pue 1.58 --intensity 432.7", 1.503, 0.6504),
        ("--hours 274120 --watts 1515.43 --pue 1.58 --intensity 432.725", 656.347, 284.0),
        # Patterson 2021, Table 4: T5, Meena, GPT-3
        ("--days 20 --count 512 --watts 310 --pue 1.12 --intensity 545", 85.3, 46.5),
        ("--days 30 --count 1024 --watts 289 --pue 1.09 --intensity 415", 232, 96.4),
        ("--days 14.8 --count 10000 --watts 330 --pue 1.10 --intensity 429", 1289, 553),
        # Luccioni 2022, BLOOM: GPU hours at 400 W on the French grid
        ("--hours 1082990 --watts 400 --intensity 57", 433.2, 24.7),
        ("--kwh 433196 --intensity 57", 433.2, 24.7),
        # Touvron 2023, LLaMA 65B: GPU hours x 400 W x 1.1 at 385 g/kWh
        ("--hours 1022362 --watts 400 --pue 1.1 --intensity 385", 449, 173),
        # Rae 2021, Gopher: 1,151 MWh of the facility in Georgia at 330 g/kWh
        ("--kwh 1151000 --intensity 330", 1151, 380),
        # Groeneveld 2024, OLMo 7B on A100: 104 MWh of GPUs, PUE 1.1, 610 g/kWh
        ("--kwh 104000 --pue 1.1 --intensity 610", 114.4, 69.78),
    ],
)
def test_a_published_case_follows_from_its_inputs(words: str, mwh: float, tonnes: float) -> None:
    found = document(*words.split())
    assert found["energy_kwh"]["value"] / 1000 == pytest.approx(mwh, rel=0.005)
    assert found["operational_carbon_kg"]["value"] / 1000 == pytest.approx(tonnes, rel=0.005)


def test_the_form_of_green_algorithms_is_cores_and_memory() -> None:
    """runtime x (cores x watts per core x usage + GB x 0.3725) x PUE; the memory coefficient here is 0.375."""
    words = "--hours 12 --watts 12.0 --count 16 --utilisation 0.8 --memory-gb 64 --pue 1.67 --intensity 231.12"
    theirs = 12 * (16 * 12.0 * 0.8 + 64 * 0.3725) * 1.67 / 1000
    found = document(*words.split())
    assert found["energy_kwh"]["value"] == pytest.approx(theirs, rel=0.002)
    assert found["energy_kwh"]["low"] < theirs < found["energy_kwh"]["high"]


def test_a_cpu_follows_its_power_curve_and_idles_above_zero() -> None:
    name = "Xeon E5-2683 v4"
    curve = cpu_curve(match_cpu("Intel(R) Xeon(R) CPU E5-2683 v4 @ 2.10GHz"))
    for load in (0.0, 0.37, 1.0):
        energy = Work(10, device=name, utilisation=load, count=2).energy()
        watts = curve.watts(load)
        assert energy.value == pytest.approx(2 * 10 * watts.value / 1000)
        assert (energy.low, energy.high) == pytest.approx((watts.low * 0.02, watts.high * 0.02))
        assert energy.value > 0
        assert energy.provenance is Provenance.ESTIMATED
        assert energy.boundary == DEVICE


def test_an_accelerator_follows_the_rule_of_design_power() -> None:
    busy = Work(1000, device="NVIDIA A100-SXM4-80GB").energy()
    assert busy.value == pytest.approx(400 * 0.75)
    assert busy.low == pytest.approx(400 * 0.15)
    assert busy.high == pytest.approx(400)
    idle = Work(1000, device="NVIDIA A100-SXM4-80GB", utilisation=0.0).energy()
    assert idle.value == pytest.approx(65)


def test_a_name_of_several_editions_spans_their_design_powers() -> None:
    found = device("A100").match.tdp_w
    assert found is not None
    assert (found.low, found.high) == (250, 400)
    assert device("v100").match.tdp_w is not None
    assert device("RTX 3090").match.row.name == "NVIDIA GeForce RTX 3090"


def test_a_mig_slice_is_its_share_of_the_compute_slices() -> None:
    whole = Work(10, device="NVIDIA A100-SXM4-40GB").energy()
    slice_ = Work(10, device="NVIDIA A100-SXM4-40GB MIG 2g.10gb").energy()
    assert slice_.value == pytest.approx(whole.value * 2 / 7)
    assert any("MIG" in factor.name for factor in slice_.factors)
    stated = Work(10, device="NVIDIA A100-SXM4-40GB", share=1 / 7).energy()
    assert stated.value == pytest.approx(whole.value / 7)
    assert document("--device", "NVIDIA A100-SXM4-40GB", "--hours", "10", "--share", "1/7")["energy_kwh"][
        "value"
    ] == pytest.approx(stated.value)


def test_a_device_becomes_a_node_only_by_saying_what_the_rest_draws() -> None:
    assert run("--device", "A100", "--hours", "1", "--pue", "1.2").exit_code == 2
    alone = Work(100, device="A100", count=8).energy()
    node = Work(100, device="A100", count=8, rest_w=600.0).energy()
    assert node.boundary == NODE
    assert node.value == pytest.approx(alone.value + 60)
    found = document("--device", "A100", "--count", "8", "--hours", "100", "--rest-watts", "600", "--pue", "1.2")
    assert found["energy_kwh"]["value"] == pytest.approx(node.value * 1.2)
    assert found["boundary"] == "node+PUE"


@given(
    st.sampled_from(["A100", "EPYC 7742", "Tesla T4", "Apple M2"]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1e4),
    st.integers(1, 1000),
)
@settings(max_examples=40, deadline=None)
def test_busier_is_never_less_and_time_and_number_are_linear(
    name: str, one: float, other: float, hours: float, count: int
) -> None:
    lazy, busy = sorted((one, other))
    low, high = (Work(hours, device=name, utilisation=u, count=count).energy() for u in (lazy, busy))
    assert low.value <= high.value * (1 + 1e-12)
    single = Work(1, device=name, utilisation=busy).energy()
    assert high.value == pytest.approx(single.value * hours * count)
    assert high.low <= high.value <= high.high


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--device A1000000 --hours 1", "unknown device"),
        ("--device Xeon --hours 1", "Nearest"),
        ("--device i9 --hours 1", "many devices"),
        ("--device TPUv3x --hours 1", "--watts"),
        ("--device A100", "--hours"),
        ("--device A100 --watts 3 --hours 1", "not both"),
        ("--hours 1 --days 1 --watts 3", "not both"),
        ("--watts 3 --hours 1 --share 0", "--share"),
        ("--watts 3 --hours 1 --share 1/0", "--share"),
        ("--watts 3 --hours 1 --share 8/7", "--share"),
        ("--watts 3 --hours 1 --share x", "--share"),
        ("--watts 3 --hours nan", "--hours"),
        ("--watts 3 --hours inf", "--hours"),
        ("--watts -3 --hours 1", "--watts"),
        ("--watts 3 --hours 1 --memory-gb -1", "--memory-gb"),
        ("--watts 3 --hours 1 --rest-watts nan", "--rest-watts"),
        ("--watts 3 --hours 1 --utilisation 90", "--utilisation"),
        ("--kwh 1 --device A100", "--device"),
        ("--kwh 1 --memory-gb 4", "--memory-gb"),
        ("--kwh 1 --boundary building", "boundary"),
        ("--kwh 1 --boundary node+PUE --pue 1.2", "applied once"),
        ("--hours 1 --watts 1 --boundary node", "--kwh"),
        ("--days -1 --watts 3", "--days"),
        ("--kwh 1e300", "energy"),
        ("--kwh 1 --intensity 400 --year 1989", "--year"),
        ("--kwh 1 --intensity 400 --year 2101", "--year"),
        ("--kwh 1 --market-intensity -1", "market"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(words: str, said: str) -> None:
    result = run(*words.split())
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_of_a_device_lies_between_none_and_all_of_it(share: float) -> None:
    with pytest.raises(InputError, match="--share"):
        Work(1, watts=3, share=share)


def test_a_device_without_a_name_or_design_power_is_told() -> None:
    with pytest.raises(InputError, match="needs a name"):
        device(" ")
    with pytest.raises(InputError, match="no design power"):
        Work(1, device="TPU v3").energy()


def test_a_contract_stands_beside_the_grid_and_never_replaces_it() -> None:
    found = document("--kwh", "1000", "--site", "JP", "--market-intensity", "0")
    assert found["operational_carbon_kg"]["value"] > 400
    assert found["market_based_carbon_kg"]["value"] == 0


def test_energy_counted_at_the_facility_is_said_to_be_so() -> None:
    found = document("--kwh", "1151000", "--boundary", "node+PUE", "--intensity", "330")
    assert found["boundary"] == "node+PUE"
    assert found["operational_carbon_kg"]["value"] == pytest.approx(379_830)
    assert "SET-NO-PUE" not in {note["code"] for note in found["notes"]}
