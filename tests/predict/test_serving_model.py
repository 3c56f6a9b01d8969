"""A served language model as a user asks for it: consistent with the predictor, honest about what is assumed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.cli.predict_serving import language_model
from setsuden.errors import InputError
from setsuden.predict.serving_job import ServingPrediction, predict_serving
from setsuden.predict.serving_model import USUAL_PROMPT, Installation, Llm, Traffic
from setsuden.predict.table import fit
from tests.schemas_support import validate

CARD = "NVIDIA H100"
DENSE = Llm("dense", 8000, 8000)
ROW = {
    "mode": "infer", "task": "", "model": "dense", "group": "dense", "params_m": 8000, "active_params_m": 8000,
    "input": "mean output 400 tokens", "precision": "bfloat16", "framework": "vllm", "device": CARD,
    "device_class": "gpu", "device_count": 1, "unit": "output token", "scope": "gpu",
}  # fmt: skip


def asked(rate: float, llm: Llm = DENSE, **place: Any) -> ServingPrediction:
    return predict_serving(llm, Traffic(rate, USUAL_PROMPT, 400), Installation(CARD, **place))


def test_at_saturation_a_request_costs_what_the_predictor_says_of_a_full_batch() -> None:
    found = asked(1e6, concurrency=64)
    row = {**ROW, "batch_size": 64}
    assert found.latency is None
    assert found.overload_chance == 1.0
    assert found.request_energy.value == pytest.approx(400 * fit(None, "energy_j").predict([row])[0], rel=1e-6)
    per_s = 1 / (400 * fit(None, "seconds_per_unit").predict([row])[0])
    assert found.saturation.value == pytest.approx(per_s, rel=1e-6)
    assert found.served.value == pytest.approx(per_s, rel=1e-6)


def test_a_request_gets_cheaper_with_every_step_of_load_and_its_parts_add_up() -> None:
    before = float("inf")
    for rate in (0.001, 0.01, 0.1, 1.0, 3.0):
        found = asked(rate)
        assert found.request_energy.value < before
        before = found.request_energy.value
        parts = found.idle.value + found.prefill.value + found.decode.value
        assert parts == pytest.approx(before)
        assert found.token_energy.value == pytest.approx(before / 400)
        assert found.power.value == pytest.approx(rate * before)
        for figure in (found.request_energy, found.token_energy, found.power, found.busy_share, found.batch):
            assert figure.low <= figure.value <= figure.high


def test_at_a_trickle_the_idle_power_is_everything_and_measuring_it_narrows_the_answer() -> None:
    found = asked(1e-4)
    assert found.idle.value > 0.95 * found.request_energy.value
    assert found.narrows_most == "idle"
    assert "idle power with the model loaded" in found.guessed
    known = asked(1e-4, idle_w=110.0)
    assert "idle power with the model loaded" not in known.guessed
    assert known.narrows_most != "idle"
    width = found.request_energy.high / found.request_energy.low - 1
    assert known.request_energy.high / known.request_energy.low - 1 < 0.1 * width
    assert known.power.value == pytest.approx(110.0, rel=0.1)


def test_replicas_share_the_requests_and_draw_as_often() -> None:
    one, three = asked(0.5), asked(1.5, replicas=3)
    assert three.request_energy.value == pytest.approx(one.request_energy.value)
    assert three.power.value == pytest.approx(3 * one.power.value)
    assert three.saturation.value == pytest.approx(3 * one.saturation.value)


def test_a_longer_prompt_costs_its_own_part_alone_when_saturated() -> None:
    short, long = (predict_serving(DENSE, Traffic(1e6, tokens, 400), Installation(CARD)) for tokens in (300, 3000))
    assert long.prefill.value == pytest.approx(10 * short.prefill.value)
    assert long.decode.value == pytest.approx(short.decode.value)
    assert long.saturation.value < short.saturation.value


def test_measured_rows_of_the_device_raise_the_level_and_narrow_the_interval() -> None:
    rows = [
        {**ROW, "batch_size": size, "units_per_s": 50 * size / (1 + size / 100), "energy_j": 4 / size + 0.1}
        for size in (1, 4, 16, 64)
    ]
    plain = asked(1.0)
    measured = predict_serving(DENSE, Traffic(1.0, USUAL_PROMPT, 400), Installation(CARD), rows)
    assert (plain.level, measured.level) == ("data sheet", "data sheet + calibration runs")
    assert measured.calibration_rows == 4
    assert _width(measured) < _width(plain)
    assert predict_serving(DENSE, Traffic(1.0, 300, 400), Installation("NVIDIA A100"), rows).calibration_rows == 0


def _width(found: ServingPrediction) -> float:
    return found.request_energy.high / found.request_energy.low


def test_a_mixture_of_experts_is_cheaper_than_a_dense_model_of_its_size() -> None:
    assert asked(1e6, Llm("moe", 30000, 3000)).request_energy.value < asked(
        1e6, Llm("dense", 30000, 30000)
    ).request_energy.value  # fmt: skip


def test_the_same_question_gets_the_same_answer() -> None:
    assert asked(0.7) == asked(0.7)


@pytest.mark.parametrize(
    "wrong", [{"devices": 0}, {"replicas": 0}, {"concurrency": 0}, {"concurrency": 5000}, {"idle_w": 0.0}]
)
def test_an_installation_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        replace(Installation(CARD), **wrong)
    with pytest.raises(InputError, match="some of the parameters"):
        Llm("odd", 10, 20)


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["predict", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_prints_a_document_that_keeps_its_schema() -> None:
    for rate in ("0.5", "100000"):
        code, out, err = run("llm:30-a3", "--device", CARD, "--requests-per-second", rate, "--json")
        assert code == 0, err
        document = json.loads(out)
        validate("predict-serving", document)
        assert (document["params_m"], document["active_params_m"]) == (30000, 3000)
        assert document["precision"] == "bf16"
        assert (document["latency"] is None) == (rate == "100000")


@pytest.mark.parametrize(("language", "word"), [("en", "per served request"), ("ja", "要求 1 件あたり")])
def test_the_command_speaks_both_languages(language: str, word: str) -> None:
    code, out, err = run("llm:8b", "--device", CARD, "--requests-per-second", "1", "--lang", language)
    assert code == 0, err
    assert word in out
    assert "inf" not in out.split()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("llm:8", "--device", CARD, "--concurrency", "4"), "--requests-per-second"),
        (("llm:8", "--device", CARD, "--requests-per-second", "1", "--train"), "neither samples"),
        (("llm:eight", "--device", CARD, "--requests-per-second", "1"), "llm:30-a3"),
        (("llm:8", "--requests-per-second", "1"), "catalogue"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_sentence(arguments: tuple[str, ...], told: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert told in err


def test_a_profiled_model_uses_all_of_its_parameters() -> None:
    found = language_model("transformer")
    assert found.params_m == found.active_params_m > 0
