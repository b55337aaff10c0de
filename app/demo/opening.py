"""January: how do the ledger, its rules and the households already entitled come in? (建账、存量录入)"""

from collections.abc import Sequence
from typing import Final

from hudang.demo.office import File, Office, paper
from hudang.demo.story import COUNTY, PROGRAMME, VILLAGE, Group, Household, policy_texts, the_place
from hudang.domain.jurisdiction import LedgerClock
from hudang.domain.money import FEN_PER_YUAN
from hudang.domain.policy_terms import Register
from hudang.domain.roles import Role

OPEN_THE_LEDGER: Final = "open the ledger"
ADOPTED_FROM: Final = "2013-01-01"


def open_the_ledger(office: Office) -> None:
    """The ledger of the district, with a clock that the demo sets."""
    opened = office.act(
        Role.OPERATOR,
        "OpenLedger",
        OPEN_THE_LEDGER,
        name="湘潭市岳塘区社会救助台账(演示)",
        area=COUNTY,
        clock=LedgerClock.SIMULATED.name,
    )
    office.noted[OPEN_THE_LEDGER] = opened.subject_id


def establish_areas(office: Office) -> None:
    """From the province down to the community."""
    for area in the_place().areas:
        office.act(
            Role.OPERATOR,
            "EstablishArea",
            f"area {area.code}",
            jurisdiction=office.noted[OPEN_THE_LEDGER],
            area=area.code,
            name=area.name,
            level=area.level.name,
            parent=area.parent,
        )


def adopt_policies(office: Office) -> None:
    """The national rules of 2012 and the district's figures of 2013."""
    for place, text in enumerate(policy_texts(), start=1):
        office.act(
            Role.OPERATOR,
            "AdoptPolicy",
            f"policy {place}",
            jurisdiction=office.noted[OPEN_THE_LEDGER],
            text=text,
            inForceFrom=ADOPTED_FROM,
        )


def _register(office: Office, household: Household) -> None:
    """Open the household's file, with its members."""
    step = f"register {household.number}"
    registered = office.act(
        Role.VILLAGE_CLERK,
        "RegisterHousehold",
        step,
        number=household.number,
        area=VILLAGE,
        register=Register.URBAN.name,
        address=f"测试路{int(household.number)}号(虚构)",
        members=[
            {
                "name": person.name,
                "identityNumber": person.identity_number,
                "relation": person.relation.name,
            }
            for person in household.members
        ],
    )
    office.files[household.number] = File(id=registered.subject_id, members=())


def _note_members(office: Office, households: Sequence[Household]) -> None:
    """Who the members are to the ledger, head first."""
    for household, file in zip(households, office.look_at_all(households), strict=True):
        in_order = sorted(file["members"], key=lambda member: bool(member["relation"] != "HEAD"))
        office.files[household.number] = File(
            id=office.files[household.number].id,
            members=tuple(member["personId"] for member in in_order),
        )


def name_account(office: Office, household: Household, step: str, account: str) -> None:
    """Enter the head's account."""
    file = office.files[household.number]
    office.act(Role.VILLAGE_CLERK, "NameAccount", step, household=file.id, holder=file.head, account=account)


def register_all(office: Office, households: Sequence[Household]) -> None:
    """The files and accounts of households, before anything else is entered of them."""
    for household in households:
        _register(office, household)
    _note_members(office, households)
    for household in households:
        name_account(office, household, f"account {household.number}", f"测试账户{household.number}")


def enter_existing(office: Office) -> None:
    """What was decided on paper before this ledger, vouched for by the township's clerk."""
    for household in office.story.group(Group.OPENING):
        step = f"opening entry {household.number}"
        office.act(
            Role.TOWNSHIP_CLERK,
            "RegisterExistingEntitlement",
            step,
            household=office.files[household.number].id,
            programme=PROGRAMME,
            householdClass=household.household_class.name,
            amountFen=household.amount_yuan * FEN_PER_YUAN,
            fromMonth=household.since,
            lastReviewedOn=str(household.last_reviewed_on),
            source=paper("低保待遇审批表(存量)", step),
            vouchedBy="township-clerk-1",
        )
