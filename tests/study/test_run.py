"""A whole study on a fake machine: what it measures, when it stops, what it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from setsuden.errors import LedgerError
from setsuden.ledger import Ledger, Measurement, RunWriter, Utilisation
from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.study.plan import configurations
from setsuden.study.record import Work, repeat_of
from tests.meter.test_load import FakeProbe
from tests.schemas_support import validate
from tests.study.support import MODELS, STUDY, FakeLab, FakeLearner, FakeTask, declared_study


def configuration(document: dict[str, Any], ident: str) -> dict[str, Any]:
    return next(item for item in document["configurations"] if item["id"] == ident)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return FakeLab().run(ledger=tmp_path_factory.mktemp("quiet") / "ledger.sqlite")


def test_the_document_keeps_its_published_promise(quiet: dict[str, Any]) -> None:
    validate("pilot", quiet)


def test_every_declared_configuration_is_measured(quiet: dict[str, Any]) -> None:
    study, _ = declared_study()
    assert [item["id"] for item in quiet["configurations"]] == [item.id for item in configurations(study)]


def test_without_scatter_the_least_number_of_repeats_is_enough(quiet: dict[str, Any]) -> None:
    for item in quiet["configurations"]:
        assert item["stopped_because"] == "interval"
        assert len(item["repeats"]) == 3
        assert item["scatter_share"] == pytest.approx(0, abs=1e-9)


def test_joules_per_sample_are_the_watts_times_the_seconds(quiet: dict[str, Any]) -> None:
    for model in ("small", "large"):
        pace_s = MODELS[model]
        for phase, share in (("train/b10/sgd", 1), ("infer/b10", 4)):
            item = configuration(quiet, f"{model}/{phase}/fp32/t1")
            assert item["energy_per_sample"]["value"] == pytest.approx(20.0 * pace_s / share)
            assert item["time_per_sample"]["value"] == pytest.approx(pace_s / share)
            assert item["average_power"]["value"] == pytest.approx(20.0)
            assert item["throughput"]["value"] == pytest.approx(share / pace_s)
            assert item["edp"]["value"] == pytest.approx(20.0 * (pace_s / share) ** 2)
            assert item["dynamic_energy_per_sample"]["value"] == pytest.approx(15.0 * pace_s / share)


def test_a_quiet_forecast_is_watts_times_seconds_of_the_full_run(quiet: dict[str, Any]) -> None:
    train = configuration(quiet, "large/train/b20/sgd/fp32/t1")
    assert train["forecast"]["samples"] == 5 * 1000
    assert train["forecast"]["energy"]["value"] == pytest.approx(20.0 * 4e-3 * 5000)
    assert train["forecast"]["duration"]["value"] == pytest.approx(4e-3 * 5000)
    assert train["energy_per_epoch"]["value"] == pytest.approx(20.0 * 4e-3 * 1000 / 3600)
    infer = configuration(quiet, "large/infer/b20/fp32/t1")
    assert infer["forecast"]["energy"]["value"] == pytest.approx(20.0 * 1e-3 * 1000)
    assert infer["energy_per_epoch"] is None


def test_a_noisy_forecast_covers_the_truth() -> None:
    # The noise has mean 1 over a cycle whose length shares no factor with the number of configurations.
    document = FakeLab(noise=(0.97, 1.01, 1.03, 0.99, 1.0), relative_error=0.05).run()
    for item in document["configurations"]:
        pace_s = MODELS[item["model"]] / (4 if item["phase"] == "infer" else 1)
        truth_j = 20.0 * pace_s * item["forecast"]["samples"]
        energy = item["forecast"]["energy"]
        assert energy["low"] < truth_j < energy["high"]
        assert energy["high"] / energy["value"] - 1 >= 0.05


def test_idle_power_is_measured_before_and_after(quiet: dict[str, Any]) -> None:
    assert quiet["idle"]["before"]["value"] == pytest.approx(5.0)
    assert quiet["idle"]["after"]["value"] == pytest.approx(5.0)
    assert quiet["idle"]["before"]["unit"] == "W"


def test_latencies_are_those_of_the_batches(quiet: dict[str, Any]) -> None:
    item = configuration(quiet, "large/infer/b20/fp32/t1")
    assert item["latency_ms"]["p90"]["value"] == pytest.approx(20.0)
    assert configuration(quiet, "large/train/b20/sgd/fp32/t1")["latency_ms"] is None


def test_every_training_sees_the_same_samples_and_is_examined_on_the_way(quiet: dict[str, Any]) -> None:
    assert len(quiet["quality"]) == 4
    assert {item["samples_seen"] for item in quiet["quality"]} == {1000}
    for item in quiet["quality"]:
        assert [point["samples"] for point in item["curve"]] == [500, 1000]
        assert item["energy"]["value"] == pytest.approx(20.0 * MODELS[item["model"]] * 1000)
        assert item["curve"][-1]["energy_j"] == pytest.approx(item["energy"]["value"])


def test_the_study_ends_in_a_recommendation(quiet: dict[str, Any]) -> None:
    assert quiet["decision"]["recommended"].startswith("small/")
    assert quiet["footprint"] is not None


def test_the_cost_of_the_pilot_holds_profiles_warm_ups_and_windows(quiet: dict[str, Any]) -> None:
    windows_j = sum(r["energy"]["value"] for item in quiet["configurations"] for r in item["repeats"])
    trainings_j = sum(item["energy"]["value"] for item in quiet["quality"])
    assert quiet["pilot_cost"]["energy"]["value"] > windows_j + trainings_j + 2 * 0.01 * 20.0


def test_scatter_beyond_the_asked_interval_is_measured_again_up_to_the_limit() -> None:
    text = STUDY.replace("window_s: 1.0", "window_s: 1.0, max_repeats: 5")
    document = FakeLab(noise=(0.8, 1.2, 1.0)).run(text.replace("minutes: 2", "minutes: 9"))
    assert {item["stopped_because"] for item in document["configurations"]} <= {"samples", "interval"}
    by_count = [item for item in document["configurations"] if item["stopped_because"] == "samples"]
    assert by_count
    assert all(len(item["repeats"]) == 5 and item["scatter_share"] > 0.03 for item in by_count)


def test_the_time_budget_is_kept_and_named() -> None:
    lab = FakeLab(noise=(0.5, 1.5, 1.0))
    before_s = lab.clock.elapsed()
    document = lab.run(STUDY.replace("minutes: 2", "minutes: 0.5"))
    assert lab.clock.elapsed() - before_s <= 30 + 1
    assert "time-budget" in {item["stopped_because"] for item in document["configurations"]}
    assert {len(item["repeats"]) > 0 for item in document["configurations"]} == {True}


def test_a_repeat_that_would_outlast_the_time_is_not_begun() -> None:
    lab = FakeLab()
    before_s = lab.clock.elapsed()
    text = STUDY.replace("[small, large]", "[giant]").replace("[10, 20]", "[20, 40]")
    document = lab.run(text.replace("minutes: 2", "minutes: 0.6").replace("epochs: 1,", "epochs: 1, time_share: 0,"))
    assert lab.clock.elapsed() - before_s <= 36
    stopped = {item["id"]: item["stopped_because"] for item in document["configurations"]}
    assert stopped["giant/train/b40/sgd/fp32/t1"] == "time-budget"


def test_windows_are_shared_out_so_that_nothing_is_left_out() -> None:
    document = FakeLab().run(STUDY.replace("minutes: 2", "minutes: 0.35"))
    assert min(r["duration_s"] for item in document["configurations"] for r in item["repeats"]) < 1.0
    assert all(item["repeats"] for item in document["configurations"])


def test_full_windows_come_before_a_third_round() -> None:
    document = FakeLab().run(STUDY.replace("minutes: 2", "minutes: 0.5"))
    repeats = [r for item in document["configurations"] for r in item["repeats"]]
    assert min(len(item["repeats"]) for item in document["configurations"]) >= 2
    later = [r["duration_s"] for r in repeats if r["repeat"] >= 2]
    assert later
    assert min(later) >= 1.0


def test_the_energy_budget_stops_the_windows() -> None:
    document = FakeLab(noise=(0.5, 1.5)).run(STUDY.replace("minutes: 2", "minutes: 2, energy_budget_j: 300"))
    assert "energy-budget" in {item["stopped_because"] for item in document["configurations"]}
    windows_j = sum(r["energy"]["value"] for item in document["configurations"] for r in item["repeats"])
    assert 100 < windows_j < 300
    assert 150 < document["pilot_cost"]["energy"]["value"] <= 300
    assert document["quality"]


@pytest.mark.parametrize("budget_j", [150, 300, 500, 1000])
@pytest.mark.parametrize("noise", [(0.5, 1.5), (1.0,), (0.7, 1.0, 2.0)])
def test_an_energy_budget_is_never_passed(budget_j: int, noise: tuple[float, ...]) -> None:
    document = FakeLab(noise=noise).run(STUDY.replace("minutes: 2", f"minutes: 2, energy_budget_j: {budget_j}"))
    assert document["pilot_cost"]["energy"]["value"] <= budget_j


def test_trainings_of_a_pilot_are_forecast_while_they_run() -> None:
    study = STUDY.replace("epochs: 1, points: 2", "epochs: 4, points: 4")
    document = FakeLab().run(study)
    validate("pilot", document)
    assert len(document["forecasts"]) == len(document["quality"])
    for entry in document["forecasts"]:
        assert entry["outcome"]["complete"]
        assert entry["said"]
        # On equal steps the forecast is right as soon as the first examination has been seen.
        assert all(abs(said["energy_error"]) < 0.02 for said in entry["said"] if said["share"] > 0.3)


def test_what_was_not_reached_is_named_and_not_made_up() -> None:
    document = FakeLab().run(STUDY.replace("minutes: 2", "minutes: 2, energy_budget_j: 100"))
    measured = {item["id"] for item in document["configurations"]}
    flag = next(flag for flag in document["flags"] if flag["code"] == "SET-STUDY-NOT-MEASURED")
    study, _ = declared_study()
    for item in configurations(study):
        assert (item.id in measured) != (item.id in flag["detail"])
    validate("pilot", document)


def test_a_budget_spent_before_the_first_window_is_an_input_error(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"pilot.yaml:6: measure.minutes.*before anything was measured"):
        FakeLab().run(STUDY.replace("minutes: 2", "minutes: 0.001"))


def test_one_repeat_takes_the_scatter_of_its_like_and_says_so() -> None:
    text = STUDY.replace("window_s: 1.0", "window_s: 1.0, repeats: 1, max_repeats: 1")
    document = FakeLab().run(text)
    for item in document["configurations"]:
        assert item["scatter_share"] == pytest.approx(0.5)  # nothing was repeated at all, so nothing is known
        assert "SET-STUDY-ONE-REPEAT" in {flag["code"] for flag in item["flags"]}


def test_time_left_over_by_the_trainings_goes_into_more_windows() -> None:
    text = STUDY.replace("epochs: 1,", "epochs: 0.02,").replace("minutes: 2", "minutes: 0.8")
    document = FakeLab(noise=(0.5, 1.5, 1.0)).run(text)
    assert max(len(item["repeats"]) for item in document["configurations"]) > 3


def test_the_order_is_random_and_follows_from_the_seed() -> None:
    first, again, other = FakeLab(), FakeLab(), FakeLab()
    first.run()
    again.run()
    other.run(STUDY + "seed: 2\n")
    assert first.visited == again.visited
    assert first.visited != other.visited
    assert first.visited != sorted(first.visited)
    assert sorted(first.visited[:8]) == sorted(other.visited[:8])


def test_two_identical_studies_differ_only_in_their_run_id() -> None:
    first, second = FakeLab().run(), FakeLab().run()
    for document in (first, second):
        document["reproduce"].pop("run_id")
        for item in document["configurations"]:
            for repeat in item["repeats"]:
                repeat.pop("run_id")
    assert first == second


def test_an_open_loop_is_counted_per_served_request() -> None:
    text = STUDY.replace("threads: [1]", "threads: [1]\nphases: [serve]\nserve: {request_rates_per_s: [50]}")
    document = FakeLab().run(text)
    item = configuration(document, "small/infer/b1/fp32/t1/r50")
    assert item["request_rate_per_s"] == 50
    assert item["served_rate_per_s"] == pytest.approx(1 / (MODELS["small"] / 4))
    assert item["energy_per_sample"]["value"] == pytest.approx(20.0 * MODELS["small"] / 4)
    assert document["quality"] == []
    validate("pilot", document)


def test_a_server_that_answers_nothing_has_no_joules_per_request() -> None:
    text = STUDY.replace("threads: [1]", "threads: [1]\nphases: [infer, serve]\nserve: {request_rates_per_s: [50]}")
    lab = FakeLab()
    lab.served = None
    document = lab.run(text)
    assert len(document["configurations"]) == 6
    starved = FakeLab(served=0)
    with pytest.raises(ValueError, match="before anything was measured"):
        starved.run(text)


def test_the_mlperf_like_preset_repeats_five_times_and_drops_the_extremes() -> None:
    text = STUDY.replace("measure: {minutes: 2, window_s: 1.0, warmup_s: 0.1, idle_s: 1}", "protocol: mlperf-like")
    document = FakeLab(noise=(0.9, 1.1, 1.0, 1.02, 0.98, 1.3, 1.0)).run(text)
    for item in document["configurations"]:
        assert len(item["repeats"]) == 5
        kept = [r for r in item["repeats"] if r["counted"]]
        assert len(kept) == 3
        left_out = [r["energy"]["value"] / r["samples"] for r in item["repeats"] if not r["counted"]]
        figures = [r["energy"]["value"] / r["samples"] for r in kept]
        assert min(left_out) <= min(figures) <= max(figures) <= max(left_out)
        mean = sum(r["energy"]["value"] for r in kept) / sum(r["samples"] for r in kept)
        assert item["energy_per_sample"]["value"] == pytest.approx(mean)
        assert all(r["duration_s"] >= 59 for r in item["repeats"])
    assert "not-an-mlperf-result" in document["limits"]
    assert document["study"]["protocol"] == "mlperf-like"
    validate("pilot", document)


def test_the_document_lies_in_the_ledger_too() -> None:
    document = FakeLab().run()
    with Ledger.open() as ledger:
        record = ledger.run("last")
        assert record.status == "finished"
        assert record.document("pilot") == document


def test_a_training_that_diverges_is_flagged_and_its_accuracy_not_used_for_a_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learn = FakeLearner.learn

    def exploding(
        self: FakeLearner, samples: int, until_s: float, on_step: Callable[[], object] | None = None
    ) -> tuple[Work, float | None]:
        work, loss = learn(self, samples, until_s, on_step)
        if self.configuration.model == "large":
            return replace(work, samples=work.samples // 2, diverged=True), None
        return work, loss

    monkeypatch.setattr(FakeLearner, "learn", exploding)
    document = FakeLab().run()
    large = [item for item in document["quality"] if item["model"] == "large"]
    assert all(item["diverged"] and len(item["curve"]) == 1 and item["curve"][0]["loss"] is None for item in large)
    assert {option["accuracy"] for option in document["decision"]["options"] if option["model"] == "large"} == {None}
    validate("pilot", document)


def test_a_loss_that_explodes_in_a_window_is_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    work = FakeTask.work
    monkeypatch.setattr(FakeTask, "work", lambda self, seconds: replace(work(self, seconds), diverged=True))
    document = FakeLab().run()
    assert all("SET-DIVERGED" in {flag["code"] for flag in item["flags"]} for item in document["configurations"])


def test_a_training_cut_short_by_the_time_is_left_out_and_named() -> None:
    lab = FakeLab()
    text = STUDY.replace("epochs: 1,", "epochs: 9,").replace("minutes: 2", "minutes: 1")
    lab.accuracy = lambda configuration, seen: 0.5
    slow = lab.busy

    def dragging(seconds: float) -> None:
        slow(seconds * 3 if lab.windows >= 24 else seconds)

    lab.busy = dragging  # type: ignore[method-assign]
    document = lab.run(text)
    assert len(document["quality"]) < 4
    flag = next(flag for flag in document["flags"] if flag["code"] == "SET-STUDY-NO-QUALITY")
    assert "large/train" in flag["detail"]
    assert len({item["samples_seen"] for item in document["quality"]}) <= 1


def test_every_model_is_trained_once_before_any_is_trained_again() -> None:
    document = FakeLab().run()
    models = [item["model"] for item in document["quality"]]
    assert len(models) == 2 * len(set(models))
    assert set(models[: len(models) // 2]) == set(models)


def test_a_ledger_that_fails_on_the_way_does_not_stop_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = RunWriter.put_document

    def failing(self: RunWriter, name: str, document: Any) -> None:
        if name.startswith("study/repeat/"):
            raise LedgerError("the disk is full", place="ledger.sqlite")
        keep(self, name, document)

    monkeypatch.setattr(RunWriter, "put_document", failing)
    document = FakeLab().run()
    assert all(len(item["repeats"]) == 3 for item in document["configurations"])
    assert any(flag["code"] == "SET-NOT-RECORDED" and "disk is full" in flag["detail"] for flag in document["flags"])


def test_other_programs_at_work_are_told() -> None:
    energy = Estimate.exact(10.0, "J", Provenance.MEASURED, NODE)

    def codes(cpu: float | None, own: float | None) -> set[str]:
        window = Measurement(1, "w", None, "", 0.0, 1.0, energy, None, (), Utilisation(cpu, own))
        made = repeat_of(
            window, Work(10, 1), configuration="c", repeat=0, order=0, run_id="r", at_s=0.0, warmup_s=0.0, energy=energy
        )
        return {flag.code for flag in made.flags}

    assert codes(0.9, 0.5) == {"SET-STUDY-BUSY-MACHINE"}
    assert codes(0.6, 0.5) == set()
    assert codes(None, 0.5) == set()


def test_work_of_others_before_a_pilot_is_kept_with_its_idle_power() -> None:
    lab = FakeLab()
    lab.probe = FakeProbe(lab.clock)
    lab.probe.busy = 2.0  # of two CPUs, half of it this program's own
    document = lab.run()
    assert document["idle"]["busy_share"] == pytest.approx(0.5)
    assert "SET-IDLE-BUSY" in {flag["code"] for flag in document["flags"]}
    validate("pilot", document)
