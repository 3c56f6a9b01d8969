"""What ships: coefficients and scores, no rows."""

from __future__ import annotations

import json

import pytest

from setsuden.predict.domain import DOMAINS, FEATURES
from setsuden.predict.kernel import LEVELS, PARTS
from setsuden.predict.shipped import TARGETS, Target, document, loosened, shipped


@pytest.mark.parametrize("target", TARGETS)
def test_shipped_laws_are_non_negative_and_complete(target: Target) -> None:
    known = shipped(target)
    assert known.coefficients
    for stratum, theta in known.coefficients.items():
        assert stratum.split("/")[0] in DOMAINS
        assert min(theta) >= 0 < max(theta)
    for kind, kernel in known.kernels.items():
        assert kind in known.widths
        assert kernel.strengths.shape == (len(LEVELS), len(PARTS))
        assert (kernel.strengths >= 0).all()
        assert kernel.lengths.shape == (len(FEATURES),)
        assert kernel.noise > 0


def test_the_file_names_its_sources_and_scores_and_holds_no_rows() -> None:
    found = document()
    assert len(found["sources"]) == 8
    assert all(score["mape"] > 0 and 0 <= score["coverage_90"] <= 1 for score in found["scores"].values())
    assert "row_id" not in json.dumps(found)
    assert len(json.dumps(found)) < 60_000


def test_loosening_changes_the_faith_in_one_kind_of_work_only() -> None:
    known = shipped("seconds_per_unit")
    loose = loosened(known, "networks")
    assert loose.kernels["networks"].strengths.sum() > known.kernels["networks"].strengths.sum()
    assert loose.kernels["tokens"] is known.kernels["tokens"]
