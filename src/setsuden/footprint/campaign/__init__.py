"""Tuning, search and whole projects as one workload: total, waste, and the price of more."""

from setsuden.footprint.campaign.campaign import CampaignResult, StageResult, Tenfold, campaign
from setsuden.footprint.campaign.order import expected_best
from setsuden.footprint.campaign.stage import Quality, Stage
from setsuden.footprint.campaign.trials import Trials, simulate

__all__ = [
    "CampaignResult",
    "Quality",
    "Stage",
    "StageResult",
    "Tenfold",
    "Trials",
    "campaign",
    "expected_best",
    "simulate",
]
