"""Every month: what does the bank answer to what the scheduler instructed? (发放回盘、退票、重发)"""

from collections.abc import Sequence
from typing import Any, Final

from hudang.demo.office import Office
from hudang.demo.opening import name_account
from hudang.demo.story import Group, Household
from hudang.domain.grounds import PayoutReturnCause
from hudang.domain.month import Month
from hudang.domain.roles import Role

FIRST_OF_MAY: Final = Month(2013, 5)
FIRST_OF_JUNE: Final = Month(2013, 6)
AFTER_THE_REVIEW: Final = Month(2013, 12)


def paid_in(office: Office, month: Month) -> tuple[Household, ...]:
    """Who is on the payroll of a month."""
    groups = [Group.OPENING]
    groups += [Group.FROM_MAY] if month >= FIRST_OF_MAY else []
    groups += [Group.FROM_JUNE] if month >= FIRST_OF_JUNE else []
    return tuple(
        household
        for household in office.story.group(*groups)
        if month < AFTER_THE_REVIEW or not household.is_ended_by_review
    )


def confirm(office: Office, month: Month, households: Sequence[Household], step: str) -> None:
    """The bank has paid these households of a month's payroll."""
    payroll = payout_of(office, households[0], month)["payrollId"]
    office.act(
        Role.PAYMASTER,
        "ConfirmPayouts",
        step,
        payroll=payroll,
        households=[office.files[household.number].id for household in households],
        bankReference=f"演示回盘{month}",
    )


def confirm_month(office: Office, month: Month, without: Sequence[Household] = ()) -> None:
    """The bank has paid everybody on a month's payroll, but for those named."""
    paid = [household for household in paid_in(office, month) if household not in without]
    confirm(office, month, paid, f"confirm {month}")


def give_back(office: Office, month: Month, household: Household) -> None:
    """The bank returns a household's payment: the account is closed."""
    office.act(
        Role.PAYMASTER,
        "ReturnPayout",
        f"return {month} {household.number}",
        household=office.files[household.number].id,
        payout=payout_of(office, household, month)["reference"],
        cause=PayoutReturnCause.ACCOUNT_CLOSED.name,
        reason="账户已销户",
    )


def reissue(office: Office, month: Month, household: Household) -> None:
    """With a new account the payment is instructed once more."""
    name_account(office, household, f"new account {household.number}", f"测试新账户{household.number}")
    office.act(
        Role.PAYMASTER,
        "ReissuePayout",
        f"reissue {month} {household.number}",
        household=office.files[household.number].id,
        payout=payout_of(office, household, month)["reference"],
    )


def payout_of(office: Office, household: Household, month: Month) -> Any:
    """The household's first payment for a month."""
    return next(
        payout
        for payout in office.look_at(household)["payouts"]
        if any(part["month"] == str(month) for part in payout["parts"])
    )
