"""Tuning, search and whole projects as one workload: total, waste, and the price of more."""

from setsuden.footprint.campaign.campaign import CampaignResult, StageResult, Tenfold, campaign
from setsuden.footprint.campaign.order import expected_best
from setsuden.footprint.campaign.stage import Quality, Stage
from setsuden.footprint.campaign.tracked import Recorded, Tally
from setsuden.footprint.campaign.trackers import Wanted, from_tracker
from setsuden.footprint.campaign.trials import Trials, simulate

__all__ = [
    "CampaignResult",
    "Quality",
    "Recorded",
    "Stage",
    "StageResult",
    "Tally",
    "Tenfold",
    "Trials",
    "Wanted",
    "campaign",
    "expected_best",
    "from_tracker",
    "simulate",
]
