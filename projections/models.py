"""Which read models are there?"""

from typing import Final

from hudang.projections.applications import applications_model
from hudang.projections.campaigns import campaigns_model
from hudang.projections.cases import cases
from hudang.projections.entitlements import entitlements
from hudang.projections.households import households_model
from hudang.projections.meetings import meetings_model
from hudang.projections.model import ReadModel
from hudang.projections.notice_board import notice_board
from hudang.projections.objections import objections_model
from hudang.projections.payouts import payouts
from hudang.projections.payrolls import payrolls_model
from hudang.projections.postings import postings_model
from hudang.projections.rechecks import rechecks
from hudang.projections.roster import roster_model
from hudang.projections.timeline import timeline
from hudang.projections.transfers import transfers_model

MODELS: Final[tuple[ReadModel, ...]] = (
    timeline,
    households_model,
    roster_model,
    cases,
    applications_model,
    objections_model,
    meetings_model,
    postings_model,
    notice_board,
    entitlements,
    rechecks,
    campaigns_model,
    payrolls_model,
    payouts,
    transfers_model,
)
"""Every read model; the engine folds them in this order."""
