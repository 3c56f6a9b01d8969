"""What a study file may say, and the one sentence for everything else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden import schemas
from setsuden.errors import InputError
from setsuden.places import Declared, dotted
from setsuden.study import checked, parse_yaml, read_yaml
from setsuden.study.example import example_text
from setsuden.study.published import study_schema
from setsuden.study.vocabulary import default_vocabulary
from tests.schemas_support import validate
from tests.study.support import STUDY, declared_study, vocabulary

BAD = [
    ("models: [small, medium]\n", "pilot.yaml:1: models[1].name: no such model (got 'medium'). Known: small,"),
    ("models:\n  - small\n  - name: medium\n", "pilot.yaml:3: models[1].name: no such model (got 'medium')"),
    ("models: []\n", "pilot.yaml:1: models: must not be empty"),
    ("models: [small, small]\n", "pilot.yaml:1: models: 'small' is listed twice in models"),
    ("models: [3]\n", "pilot.yaml:1: models[0]: must be a mapping"),
    ("data: tyo\n", "pilot.yaml:1: data.name: no such data set (got 'tyo')"),
    ("data: {name: toy, train_limit: 3}\n", "pilot.yaml:1: data.train_limit: must be at least 10 (got 3)"),
    ("\nbatch_sizes: [16, 0]\n", "pilot.yaml:2: batch_sizes[1]: must be at least 1 (got 0)"),
    ("batch_sizes: [1.5]\n", "pilot.yaml:1: batch_sizes[0]: must be a whole number (got 1.5)"),
    ("batch_sizes: [true]\n", "pilot.yaml:1: batch_sizes[0]: must be a whole number (got True)"),
    ("batch_sizes: many\n", "pilot.yaml:1: batch_sizes[0]: must be a whole number (got 'many')"),
    ("batch_sizes: null\n", "pilot.yaml:1: batch_sizes: must be a list"),
    ("batchsizes: [16]\n", "pilot.yaml:1: batchsizes: unknown key. Did you mean batch_sizes?"),
    (
        "measure:\n  repeats: 3\n  window: 2\n",
        "pilot.yaml:3: measure.window: unknown key. Did you mean window_s?",
    ),
    ("measure: {window_s: .nan}\n", "pilot.yaml:1: measure.window_s: must be a finite number (got nan)"),
    ("measure: {window_s: .inf}\n", "pilot.yaml:1: measure.window_s: must be a finite number (got inf)"),
    ("measure: {minutes: -1}\n", "pilot.yaml:1: measure.minutes: must be greater than 0 (got -1"),
    ("measure: {interval_share: 3}\n", "pilot.yaml:1: measure.interval_share: must be below 1"),
    ("measure: {repeats: 4, max_repeats: 2}\n", "pilot.yaml:1: measure: max_repeats 2 is below repeats 4"),
    ("measure: fast\n", "pilot.yaml:1: measure: must be a mapping of keys to values (got 'fast')"),
    (
        "optimizers:\n  - name: sgd\n    learning_rate: -0.1\n",
        "pilot.yaml:3: optimizers[0].learning_rate: must be greater than 0 (got -0.1)",
    ),
    ("optimizers: [sgdd]\n", "pilot.yaml:1: optimizers[0].name: unknown optimiser (got 'sgdd'). Did you mean sgd?"),
    ("precisions: [fp8]\n", "pilot.yaml:1: precisions[0]: unknown precision (got 'fp8')"),
    ("threads: [64]\n", "pilot.yaml:1: threads[0]: this process may use 4 cores (got 64). Use 1 to 4."),
    ("phases: [train, test]\n", "pilot.yaml:1: phases[1]: not one of the values allowed (got 'test'). Use 'train',"),
    ("constraints: {accuracy_floor: 85}\n", "pilot.yaml:1: constraints.accuracy_floor: must be below 1 (got 85"),
    ("question: {requests: 1e6}\n", "pilot.yaml:1: question.requests: must be a whole number (got 1000000.0)"),
    ("site: Atlantis\n", "pilot.yaml:1: site: no such site (got 'Atlantis')"),
    ("seed: -1\n", "pilot.yaml:1: seed: must be at least 0 (got -1)"),
    ("protocol: mlperf\n", "pilot.yaml:1: protocol: not one of the values allowed (got 'mlperf')"),
    (
        "protocol: mlperf-like\nmeasure:\n  window_s: 10\n",
        "pilot.yaml:3: measure.window_s: the mlperf-like protocol asks for at least 60 (got 10",
    ),
    ("name: a\nname: b\n", "pilot.yaml:2: name: this key is given twice"),
    ("models: [small\n", "pilot.yaml:2: not valid YAML"),
    ("\tname: a\n", "pilot.yaml:1: not valid YAML"),
    ("- small\n", "pilot.yaml:1: the study file must be a mapping of keys to values"),
    ("just words\n", "pilot.yaml:1: the study file must be a mapping of keys to values"),
    ("a: &a [*a]\n", "pilot.yaml:1: nested too deeply"),
    ("models: " + "[" * 1000 + "]" * 1000 + "\n", "pilot.yaml: nested too deeply"),
    (
        "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{k}: &a{k} [{','.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 10)),
        "pilot.yaml:6: has more than 1,000,000 parts",
    ),
    ("name: a\n? [b]\n: c\n", "pilot.yaml:2: not valid YAML: found unhashable key"),
    ("name: !!python/object/apply:os.system [ls]\n", "pilot.yaml:1: not valid YAML"),
    ("batch_sizes: [0]\nseed: -1\n", "1 more problem after this."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=[sentence[:60] for _, sentence in BAD])
def test_a_mistake_is_answered_with_place_value_and_remedy(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        declared_study(text)
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value).replace("\\n", "")


def test_the_first_mistake_in_the_order_of_the_file_is_told() -> None:
    with pytest.raises(InputError, match=r"pilot.yaml:1: seed"):
        declared_study("seed: x\nbatch_sizes: [0]\n")


def test_an_option_is_named_instead_of_a_line() -> None:
    declared = parse_yaml("batch_sizes: [16]\n", "pilot.yaml")
    declared.override("--batch-sizes", ("batch_sizes",), [16, 0])
    with pytest.raises(InputError, match=r"^--batch-sizes: must be at least 1 \(got 0\)"):
        checked(declared, vocabulary())


def test_an_option_reaches_into_a_part_that_the_file_left_out() -> None:
    declared = Declared()
    declared.override("--minutes", ("measure", "minutes"), 3.0)
    assert checked(declared, vocabulary()).measure.minutes == 3.0


@pytest.mark.parametrize("written", ["data: toy\n", "data: {name: toy}\n", "data:\n", ""])
def test_the_data_set_of_an_option_replaces_that_of_the_file_however_it_is_written(written: str) -> None:
    declared = parse_yaml(written, "pilot.yaml")
    declared.override("--data", ("data", "name"), "tyo")
    with pytest.raises(InputError, match=r"^--data: no such data set \(got 'tyo'\)"):
        checked(declared, vocabulary())


def test_an_option_cannot_reach_into_what_is_no_mapping() -> None:
    declared = parse_yaml("measure: [1]\n", "pilot.yaml")
    with pytest.raises(InputError, match=r"pilot.yaml:1: measure: must be a mapping"):
        declared.override("--minutes", ("measure", "minutes"), 3.0)


def test_an_empty_study_is_the_default_study() -> None:
    study = checked(parse_yaml("", "pilot.yaml"), vocabulary())
    assert [model.name for model in study.models] == ["small", "large", "giant"]
    assert study.batch_sizes == [16, 64, 256]
    assert study.minutes == 5.0


def test_one_value_where_a_list_is_expected_is_a_list_of_one() -> None:
    study, _ = declared_study("models: small\nbatch_sizes: 8\nphases: infer\nthreads: 2\n")
    assert (study.batch_sizes, study.phases, study.threads) == ([8], ["infer"], [2])


@pytest.mark.parametrize(
    ("data_set", "models"),
    [
        ("fashion-mnist", ["logistic", "mlp", "lenet", "small-cnn", "depthwise-cnn"]),
        ("digits", ["logistic", "mlp", "small-cnn", "depthwise-cnn", "resnet-20"]),
    ],
)
def test_a_study_that_names_no_models_takes_five_that_fit_the_data(data_set: str, models: list[str]) -> None:
    study = checked(parse_yaml(f"data: {data_set}\n", "a.yaml"), default_vocabulary())
    assert [model.name for model in study.models] == models


def test_the_models_of_ones_own_data_follow_from_its_shape(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {"x_train": rng.random((40, 1, 6, 6)), "y_train": np.arange(40) % 2}
    np.savez(tmp_path / "mine.npz", **arrays, x_test=arrays["x_train"], y_test=arrays["y_train"])
    study = checked(parse_yaml(f"data: 'npz:{tmp_path}/mine.npz'\n", "a.yaml"), default_vocabulary())
    assert "lenet" not in [model.name for model in study.models]
    assert len(study.models) == 5
    with pytest.raises(InputError, match=r"^a.yaml:1: data.name: "):
        checked(parse_yaml(f"data: 'npz:{tmp_path}/none.npz'\n", "a.yaml"), default_vocabulary())


def test_numbers_in_scientific_notation_are_numbers() -> None:
    study, _ = declared_study("optimizers: [{name: sgd, learning_rate: 1e-3}]\n")
    assert study.optimizers[0].learning_rate == 1e-3


def test_the_hash_changes_with_what_is_declared_and_not_with_how_it_is_written() -> None:
    written, _ = declared_study(STUDY)
    block = STUDY.replace("models: [small, large]", "models:\n- name: small\n- large")
    turned, _ = declared_study("\n# the same\n" + block)
    other, _ = declared_study(STUDY + "seed: 5\n")
    assert written.sha256 == turned.sha256
    assert written.sha256 != other.sha256


def test_a_declaration_survives_its_own_json_form() -> None:
    study, _ = declared_study(STUDY)
    assert checked(Declared(study.to_json(), {}), vocabulary()) == study
    validate("study", study.to_json())


def test_the_published_schema_is_the_declaration() -> None:
    assert schemas.load("study") == study_schema()


def test_the_example_is_the_default_study() -> None:
    known = default_vocabulary()
    example = checked(parse_yaml(example_text(), "pilot.yaml"), known).to_json()
    default = checked(Declared(), known).to_json()
    for document in (example, default):  # these two follow the machine
        document.pop("threads")
        document["data"].pop("name")
    assert example == default


def test_the_example_in_the_documentation_folder_is_the_one_that_is_printed() -> None:
    examples = Path(__file__).parents[2] / "examples"
    assert (examples / "pilot.yaml").read_text(encoding="utf-8") == example_text()


EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("pilot*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_every_example_is_a_valid_study(path: Path) -> None:
    checked(read_yaml(path), default_vocabulary())


def test_zoo_names_are_one_study_however_they_are_spelt() -> None:
    known = default_vocabulary()
    spelt = checked(parse_yaml("models: [ResNet20, lenet]\n", "a.yaml"), known)
    assert [model.name for model in spelt.models] == ["resnet-20", "lenet"]
    with pytest.raises(InputError, match=r"a.yaml:1: models\[1\].name: listed twice"):
        checked(parse_yaml("models: [resnet20, resnet-20]\n", "a.yaml"), known)


def test_a_near_miss_of_a_zoo_name_gets_a_hint() -> None:
    with pytest.raises(InputError, match=r"models\[0\].name.*'resnet19'.*Did you mean.*resnet-"):
        checked(parse_yaml("models: [resnet19]\n", "a.yaml"), default_vocabulary())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.yaml: cannot read the study file"):
        read_yaml(tmp_path / "none.yaml")
    broken = tmp_path / "latin.yaml"
    broken.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_yaml(broken)


@given(st.text(max_size=60))
def test_any_text_is_a_study_or_an_input_error(text: str) -> None:
    with suppress(InputError):
        declared_study(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(["models", "batch_sizes", "measure", "data", "optimizers", "serve", "question", "site", "threads"]),
)
def test_any_value_at_any_key_is_a_study_or_an_input_error(value: object, key: str) -> None:
    with suppress(InputError):
        checked(Declared({key: value}, {}), vocabulary())


def test_field_paths_are_written_as_people_write_them() -> None:
    assert dotted(("models", 2, "name")) == "models[2].name"


def test_a_stated_price_is_an_exact_figure_per_kwh_and_an_absent_one_changes_no_hash() -> None:
    plain = checked(parse_yaml("data: digits\n", "s.yaml"))
    priced = checked(parse_yaml("data: digits\nprice: 30.5 JPY\n", "s.yaml"))
    assert plain.price_per_kwh is None
    assert "price" not in plain.to_json()
    figure = priced.price_per_kwh
    assert figure is not None
    assert (figure.value, figure.low, figure.high, figure.unit) == (30.5, 30.5, 30.5, "JPY/kWh")
    assert priced.sha256 != plain.sha256


@pytest.mark.parametrize("price", ["30", "JPY", "-3 JPY", "30 YEN", "nan JPY", "12345678 JPY"])
def test_a_price_without_a_known_currency_is_refused_in_words(price: str) -> None:
    with pytest.raises(InputError, match="its currency") as caught:
        checked(parse_yaml(f"data: digits\nprice: '{price}'\n", "s.yaml"))
    assert caught.value.place == "s.yaml:2: price"
