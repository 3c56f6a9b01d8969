"""A declared study: every choice of a pilot with its default, its range and what it means."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from setsuden.quantity import Estimate, Provenance

Phase = Literal["train", "infer", "serve"]
Protocol = Literal["default", "mlperf-like"]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _named(value: Any) -> Any:
    """``resnet20`` is short for ``{name: resnet20}``."""
    return {"name": value} if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    """One value where a list is expected is a list of one."""
    return value if isinstance(value, list) or value is None else [value]


class DataChoice(_Part):
    """Which data set, from where, and how much of it."""

    name: str = Field(min_length=1)
    folder: str | None = None
    train_limit: int | None = Field(default=None, ge=10)
    test_limit: int | None = Field(default=None, ge=10)


class ModelChoice(_Part):
    """A model of the zoo by name, or ``module:factory``."""

    name: str = Field(min_length=1)


class OptimizerChoice(_Part):
    """An optimiser with its learning rate."""

    name: str = Field(default="sgd", min_length=1)
    learning_rate: Positive = 0.02


class ServeChoice(_Part):
    """Open loop: requests arrive at a rate whether or not the server is ready."""

    request_rates_per_s: list[Positive] = Field(default_factory=lambda: [20.0], min_length=1)

    _listed = field_validator("request_rates_per_s", mode="before")(_as_list)


class MeasureChoice(_Part):
    """How long to measure and how narrow to get."""

    minutes: Positive | None = None
    energy_budget_j: Positive | None = None
    repeats: int = Field(default=3, ge=1, le=1000)
    max_repeats: int = Field(default=8, ge=1, le=10_000)
    window_s: Positive = 1.0
    warmup_s: NotNegative = 0.25
    interval_share: Share = 0.03
    idle_s: NotNegative = 5.0

    @model_validator(mode="after")
    def _ordered(self) -> MeasureChoice:
        if self.max_repeats < self.repeats:
            raise ValueError(f"max_repeats {self.max_repeats} is below repeats {self.repeats}")
        return self


class QualityChoice(_Part):
    """Real training for accuracy: at most so many epochs, within a share of the time."""

    epochs: Positive = 3.0
    time_share: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.4
    points: int = Field(default=3, ge=1, le=1000)
    test_samples: int = Field(default=2000, ge=10)
    target_accuracy: Share | None = None


class Question(_Part):
    """What the forecasts and the decision are about."""

    epochs: int = Field(default=20, ge=1)
    trainings: int = Field(default=1, ge=1)
    requests: int = Field(default=1_000_000, ge=0)


class Constraints(_Part):
    """What a choice must satisfy; absent means unconstrained, an absent floor becomes best minus one point."""

    accuracy_floor: Share | None = None
    latency_ms: Positive | None = None
    energy_budget_j: Positive | None = None


_PRICE = r"^\d{1,6}(\.\d{1,6})? ?(USD|EUR|JPY|GBP|CNY|INR)$"


class StudyDeclaration(_Part):
    """One pilot study. Every field has a default; what is declared here fixes the plan and the order."""

    name: str = Field(default="pilot", min_length=1, max_length=80)
    protocol: Protocol = "default"
    seed: int = Field(default=1, ge=0)
    data: DataChoice
    models: list[ModelChoice] = Field(min_length=1)
    batch_sizes: list[Annotated[int, Field(ge=1, le=1_000_000)]] = Field(min_length=1)
    optimizers: list[OptimizerChoice] = Field(default_factory=lambda: [OptimizerChoice()], min_length=1)
    precisions: list[str] = Field(default_factory=lambda: ["fp32"], min_length=1)
    threads: list[Annotated[int, Field(ge=1, le=4096)]] = Field(min_length=1)
    loader_workers: int = Field(default=0, ge=0, le=256)
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda(:\d+)?)$")
    power_limits_w: list[Positive] = Field(default_factory=list)
    phases: list[Phase] = Field(default=["train", "infer"], min_length=1)
    serve: ServeChoice = ServeChoice()
    measure: MeasureChoice = MeasureChoice()
    quality: QualityChoice = QualityChoice()
    question: Question = Question()
    constraints: Constraints = Constraints()
    site: str | None = Field(default=None, min_length=1)
    price: str | None = Field(default=None, pattern=_PRICE)

    @field_validator("data", mode="before")
    @classmethod
    def _data_by_name(cls, value: Any) -> Any:
        return _named(value)

    @field_validator("price", mode="before")
    @classmethod
    def _a_price_names_its_currency(cls, value: Any) -> Any:
        if value is not None and not (isinstance(value, str) and re.fullmatch(_PRICE, value)):
            raise ValueError("must be the price of a kWh with its currency (USD, EUR, JPY, GBP, CNY, INR), like 30 JPY")
        return value

    @field_validator("models", "optimizers", mode="before")
    @classmethod
    def _items_by_name(cls, value: Any) -> Any:
        value = _as_list(value)
        return [_named(item) for item in value] if isinstance(value, list) else value

    @field_validator("batch_sizes", "precisions", "threads", "power_limits_w", "phases", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return _as_list(value)

    @field_validator("models", "batch_sizes", "optimizers", "precisions", "threads", "power_limits_w", "phases")
    @classmethod
    def _no_repetition(cls, value: list[Any], info: ValidationInfo) -> list[Any]:
        for index, item in enumerate(value):
            if item in value[:index]:
                shown = item.name if isinstance(item, ModelChoice | OptimizerChoice) else item
                raise ValueError(f"{shown!r} is listed twice in {info.field_name}")
        return value

    def to_json(self) -> dict[str, Any]:
        """The declaration with defaults filled in, as plain data; what came later only where it was declared."""
        plain: dict[str, object] = {"device": "cpu", "power_limits_w": [], "price": None}
        later = {name for name, value in plain.items() if getattr(self, name) == value}
        return self.model_dump(mode="json", exclude=later)

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON form: two studies are the same study when this is the same."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def price_per_kwh(self) -> Estimate | None:
        """The price that was stated, such as ``30 JPY`` for a kWh."""
        if self.price is None:
            return None
        value, currency = self.price[:-3], self.price[-3:]
        return Estimate.exact(float(value), f"{currency}/kWh", Provenance.ASSUMED)

    @property
    def minutes(self) -> float:
        """Minutes of measuring allowed; without a figure, the protocol's default."""
        if self.measure.minutes is not None:
            return self.measure.minutes
        return DEFAULT_MINUTES if self.protocol == "default" else math.inf


DEFAULT_MINUTES = 5.0
