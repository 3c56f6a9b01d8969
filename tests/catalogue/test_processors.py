"""What the operating system calls a processor, and which row stands for it."""

from __future__ import annotations

import dataclasses
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.catalogue import processors
from setsuden.catalogue.device_names import device
from setsuden.catalogue.processor_names import COLUMNS, KINDS, Kind, file_name, written
from setsuden.catalogue.processors import TABLE, kind_of, match, match_cpu, match_gpu, normalise, variants
from setsuden.catalogue.table import Table


@pytest.mark.parametrize(
    ("seen", "row"),
    [
        ("Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", "intel-xeon-platinum-8175m"),
        ("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", "intel-xeon-e5-2686-v4"),
        ("AMD EPYC 7502P 32-Core Processor", "amd-epyc-7502p"),
        ("AMD Ryzen 9 7950X 16-Core Processor", "amd-ryzen-9-7950x"),
        ("AMD Ryzen 7 5800H with Radeon Graphics", "amd-ryzen-7-5800h"),
        ("11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz", "intel-core-i7-1185g7"),
        ("Apple M2 Pro", "apple-m2-pro"),
    ],
)
def test_names_of_linux_and_macos_find_their_row(seen: str, row: str) -> None:
    found = match_cpu(seen)
    assert (found.row.id, found.how, found.seen) == (row, "alias", seen)
    assert found.tdp_w is not None
    assert found.tdp_w.low == found.tdp_w.value == found.tdp_w.high == found.row.tdp_w


@pytest.mark.parametrize(
    ("seen", "row", "watts"),
    [
        ("NVIDIA H100 80GB HBM3", "nvidia-h100-sxm5-80-gb", 700),
        ("NVIDIA H100 PCIe", "nvidia-h100-pcie-80-gb", 350),
        ("NVIDIA A100-SXM4-80GB", "nvidia-a100-sxm4-80-gb", 400),
        ("NVIDIA A100-PCIE-40GB", "nvidia-a100-pcie-40-gb", 250),
        ("Tesla V100-SXM2-16GB", "nvidia-tesla-v100-sxm2-16-gb", 300),
        ("Tesla P100-PCIE-16GB", "nvidia-tesla-p100-pcie-16-gb", 250),
        ("Tesla T4", "nvidia-tesla-t4", 70),
        ("AMD Instinct MI210", "amd-radeon-instinct-mi210", 300),
        ("NVIDIA GeForce RTX 3060 Laptop GPU", "nvidia-geforce-rtx-3060-mobile", 80),
    ],
)
def test_names_of_the_driver_find_their_row(seen: str, row: str, watts: float) -> None:
    found = match_gpu(seen)
    assert found.row.id == row
    assert found.tdp_w is not None
    assert found.tdp_w.value == watts


def test_a_card_that_shows_as_two_gpus_counts_half_and_may_be_whole() -> None:
    found = match_gpu("Tesla K80")
    assert found.tdp_w is not None
    assert (found.tdp_w.value, found.tdp_w.high) == (150, 300)
    assert found.note is not None


def test_a_superchip_row_is_not_taken_for_one_gpu() -> None:
    found = match_gpu("NVIDIA GB200")
    assert found.row.tdp_w == 2700
    assert found.tdp_w is not None
    assert (found.tdp_w.value, found.tdp_w.high) == (1350, 2700)


@pytest.mark.parametrize("seen", ["NVIDIA H100", "h100", "NVIDIA A100", "A100"])
def test_a_plain_marketing_name_spans_its_products_each_counted_once_and_they_are_listed(seen: str) -> None:
    found, products = match_gpu(seen), variants(seen, "gpu")
    assert (found.how, kind_of(seen)) == ("fallback", "gpu")
    assert len(products) >= 4
    powers = [row.tdp_w for row in products if row.tdp_w is not None]
    assert found.tdp_w is not None
    assert (found.tdp_w.low, found.tdp_w.high) == (min(powers), max(powers))
    assert f"of {len(powers)} catalogue rows" in found.tdp_w.factors[0].source


@pytest.mark.parametrize("seen", ["NVIDIA H100 80GB HBM3", "AWS Graviton3", "abacus"])
def test_a_name_of_one_product_or_of_none_has_no_variants(seen: str) -> None:
    assert variants(seen, "gpu") == variants(seen, "cpu") == []
    assert kind_of(seen) == ("gpu" if "H100" in seen else "cpu")


@pytest.mark.parametrize("seen", ["AMD EPYC", "AMD EPYC-Milan Processor", "Intel(R) Xeon(R) CPU @ 2.20GHz"])
def test_a_generic_name_of_a_virtual_machine_spans_its_family(seen: str) -> None:
    found = match_cpu(seen)
    assert (found.how, found.remark) == ("fallback", "range")
    assert found.tdp_w is not None
    assert found.tdp_w.high > 2 * found.tdp_w.low
    family = "amd-epyc" if "AMD" in seen else "intel-xeon"
    powers = [row.tdp_w for row in TABLE if row.id.startswith(family) and row.tdp_w]
    assert min(powers) <= found.tdp_w.low <= found.tdp_w.value <= found.tdp_w.high <= max(powers)


@pytest.mark.parametrize("seen", ["", "Neoverse-N1", "QEMU Virtual CPU version 2.5+", "Common KVM processor", "?"])
def test_a_name_that_fits_nothing_falls_back_to_a_wide_range(seen: str) -> None:
    found = match_cpu(seen)
    assert (found.how, found.row.id) == ("fallback", "generic-cpu-socket")
    assert found.tdp_w is not None
    assert found.tdp_w.low < found.tdp_w.value == 85 < found.tdp_w.high
    assert found.note == f"{seen!r} is not in the catalogue; the interval spans processors of all kinds and may miss it"


def test_a_processor_without_a_published_power_says_so_instead_of_inventing_one() -> None:
    found = match_cpu("AWS Graviton3")
    assert found.row.id == "aws-graviton3"
    assert found.tdp_w is None
    assert found.note is not None


def test_a_known_name_inside_a_longer_one_is_found_and_said() -> None:
    found = match_gpu("GRID V100 NVIDIA GeForce RTX 3090 vGPU")
    assert (found.row.id, found.how) == ("nvidia-geforce-rtx-3090", "substring")
    assert found.note is not None


def test_a_cpu_name_is_not_looked_for_among_gpus() -> None:
    assert match_gpu("AMD EPYC 7502P 32-Core Processor").row.kind == "fallback"


def test_normalising_is_idempotent_for_every_alias() -> None:
    for aliases in TABLE.column("aliases").values():
        for alias in aliases.split("|"):
            assert normalise(normalise(alias)) == normalise(alias)


@given(st.text(max_size=60), st.sampled_from(["cpu", "gpu"]))
def test_no_name_makes_the_match_fail(name: str, kind: str) -> None:
    found = match(name, kind)
    assert found.seen == name
    assert found.tdp_w is None or 0 < found.tdp_w.low <= found.tdp_w.high


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_names_are_those_of_the_table(kind: Kind) -> None:
    """If this fails after the table has changed: ``tools/build_catalogue.py`` writes both."""
    shipped = files("setsuden.catalogue") / "tables" / file_name(kind)
    assert shipped.read_text(encoding="utf-8") == written(kind, processors.TABLE.columns(*COLUMNS))


def test_one_row_is_found_without_cutting_the_others_and_is_the_same_row() -> None:
    fresh = Table("processors", processors.Processor)
    first, middle, last = (fresh.ids()[at] for at in (0, 2000, -1))
    for row_id in (first, middle, last, "generic-cpu-socket"):
        lone = Table("processors", processors.Processor)
        assert lone.get(row_id) == fresh.get(row_id)
        assert lone._built_in is not None
        assert lone._built_in._lines is None
    assert Table("processors", processors.Processor).find("intel-xeon") is None  # only the beginning of ids


def test_a_users_own_processor_is_known_by_its_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    header = [item.name for item in dataclasses.fields(processors.Processor) if item.name != "source"]
    cells = {"id": "mine", "name": "My Own 9000", "kind": "cpu_server", "aliases": "my own 9000", "tdp_w": "77"}
    line = ",".join({**cells, "quality": "A"}.get(name, "") for name in header)
    (tmp_path / "processors.csv").write_text(",".join(header) + "\n" + line + "\n", encoding="utf-8")
    monkeypatch.setenv("SETSUDEN_CATALOGUE", str(tmp_path))
    caches = (processors.match, processors._own_names)
    try:
        processors.TABLE.forget()
        for cache in caches:
            cache.cache_clear()
        found = match_cpu("My Own 9000")
        assert found.how == "alias"
        assert found.tdp_w is not None
        assert found.tdp_w.value == 77
        assert device("own 9000").match.row.name == "My Own 9000"
        assert match_cpu("Intel(R) Xeon(R) CPU E5-2683 v4 @ 2.10GHz").how == "alias"
    finally:
        monkeypatch.undo()
        processors.TABLE.forget()
        for cache in caches:
            cache.cache_clear()
