from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.ledger import Measurement, measurement_from_json, measurement_to_json
from setsuden.ledger.codec import Row, dumps, pack, unpack
from tests.ledger.support import measurement
from tests.schemas_support import validate

finite = st.floats(allow_nan=False, allow_infinity=False)
row = st.tuples(finite, finite, finite, finite, st.none() | finite)


@settings(deadline=None)
@given(st.lists(row, min_size=1, max_size=50))
def test_any_samples_come_back_as_they_went_in(rows: list[Row]) -> None:
    columns = unpack(pack(rows), len(rows))
    powers: list[float | None] = [None] * len(rows)
    if columns.power_w is not None and columns.known is not None:
        powers = [watts if there else None for watts, there in zip(columns.power_w, columns.known, strict=True)]
    found = zip(columns.t_s, columns.energy_j, columns.low_j, columns.high_j, powers, strict=True)
    assert list(found) == rows


def test_samples_without_doubt_and_power_take_two_columns() -> None:
    rows: list[Row] = [(1.0, 2.0, 2.0, 2.0, None), (2.0, 3.0, 3.0, 3.0, None)]
    assert len(pack(rows)) == 1 + 2 * 2 * 8


def test_a_measurement_survives_json_and_meets_its_schema() -> None:
    original = measurement()
    document = measurement_to_json(original)
    validate("measurement", document)
    assert measurement_from_json(document) == original


def test_a_measurement_without_energy_is_null_not_zero() -> None:
    unknown = Measurement(
        1, "w", None, "2026-01-01T00:00:00+00:00", 0.0, 1.0, None, None, (), measurement().utilisation
    )
    document = measurement_to_json(unknown)
    validate("measurement", document)
    assert document["energy"] is None
    assert document["average_power"] is None


@pytest.mark.parametrize("value", [math.nan, math.inf, object()])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="cannot be stored"):
        dumps({"value": value})
