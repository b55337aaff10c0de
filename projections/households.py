"""Which households have a file, where do they live, and who belongs to them? Names and addresses sealed."""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.identity import Relation
from hudang.domain.personal import Personal
from hudang.domain.policy_terms import Register
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberJoined, MemberLeft
from hudang.domain.values import PersonId, StreamId
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch, fetch_one

HOUSEHOLDS = Table(
    "households_v1",
    """
    ledger         text NOT NULL,
    household      text COLLATE "C" NOT NULL,
    number         text COLLATE "C" NOT NULL,
    area           text COLLATE "C" NOT NULL,
    register       text NOT NULL,
    head           text NOT NULL,
    head_name      jsonb NOT NULL,
    address        jsonb NOT NULL,
    registered_on  date NOT NULL,
    account_holder text,
    account        jsonb,
    position       bigint NOT NULL
    """,
    key="ledger, household",
    indexes=("ledger, number",),
)

MEMBERS = Table(
    "households_members_v1",
    """
    ledger    text NOT NULL,
    household text COLLATE "C" NOT NULL,
    joined_at bigint NOT NULL, -- position
    nth       integer NOT NULL,
    person    text COLLATE "C" NOT NULL,
    relation  text NOT NULL,
    name      jsonb NOT NULL,
    joined_on date NOT NULL,
    left_on   date
    """,
    key="ledger, household, joined_at, nth",
    indexes=("ledger, person",),
)

households_model = ReadModel("households", version=1, tables=(HOUSEHOLDS, MEMBERS))


class HouseholdRow(msgspec.Struct, frozen=True, kw_only=True):
    """A household's file, as registered; `members` are those who still belong to it."""

    household: StreamId
    number: str
    area: str
    register: Register
    head: PersonId
    head_name: Personal
    address: Personal
    registered_on: date
    account_holder: PersonId | None
    account: Personal | None
    members: int
    position: int


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member, from the day of joining to the day of leaving."""

    household: StreamId
    person: PersonId
    relation: Relation
    name: Personal
    joined_on: date
    left_on: date | None


@households_model.on(HouseholdRegistered)
def registered(cursor: Cursor[Any], event: HouseholdRegistered, recorded: Recorded) -> None:
    head = next(member for member in event.members if member.relation is Relation.HEAD)
    HOUSEHOLDS.put(
        cursor,
        ledger=recorded.ledger,
        household=recorded.stream,
        number=event.number,
        area=event.area,
        register=event.register,
        head=head.person,
        head_name=head.name,
        address=event.address,
        registered_on=recorded.happened_on,
        position=recorded.position,
    )
    for nth, member in enumerate(event.members):
        _join(cursor, recorded, nth, person=member.person, relation=member.relation, name=member.name)


@households_model.on(MemberJoined)
def joined(cursor: Cursor[Any], event: MemberJoined, recorded: Recorded) -> None:
    _join(cursor, recorded, 0, person=event.person, relation=event.relation, name=event.name)


@households_model.on(MemberLeft)
def left(cursor: Cursor[Any], event: MemberLeft, recorded: Recorded) -> None:
    """Who left and came back has two lines."""
    cursor.execute(
        "UPDATE projections.households_members_v1 SET left_on = %s"
        " WHERE (ledger, household, person) = (%s, %s, %s) AND left_on IS NULL",
        (recorded.happened_on, recorded.ledger, recorded.stream, event.person),
    )


@households_model.on(AccountNamed)
def account_named(cursor: Cursor[Any], event: AccountNamed, recorded: Recorded) -> None:
    HOUSEHOLDS.change(
        cursor,
        {"ledger": recorded.ledger, "household": recorded.stream},
        account_holder=event.holder,
        account=event.account,
        position=recorded.position,
    )


def _join(cursor: Cursor[Any], recorded: Recorded, nth: int, **values: Any) -> None:
    MEMBERS.put(
        cursor,
        ledger=recorded.ledger,
        household=recorded.stream,
        joined_at=recorded.position,
        nth=nth,
        joined_on=recorded.happened_on,
        **values,
    )


_HOUSEHOLD: Final = """
    SELECT h.household, h.number, h.area, h.register, h.head, h.head_name, h.address, h.registered_on,
           h.account_holder, h.account, h.position,
           (SELECT count(*) FROM projections.households_members_v1 m
            WHERE (m.ledger, m.household) = (h.ledger, h.household) AND m.left_on IS NULL) AS members
    FROM projections.households_v1 h WHERE h.ledger = %(ledger)s
"""

_MEMBER: Final = """
    SELECT household, person, relation, name, joined_on, left_on
    FROM projections.households_members_v1 WHERE ledger = %(ledger)s
"""


def household(source: Source, ledger: str, household: StreamId) -> HouseholdRow | None:
    """One household's file by its id."""
    return fetch_one(
        source,
        HouseholdRow,
        _HOUSEHOLD + "AND h.household = %(household)s",
        {"ledger": ledger, "household": household},
    )


def numbered(source: Source, ledger: str, number: str) -> HouseholdRow | None:
    """One household's file by its number (档案号)."""
    return fetch_one(
        source, HouseholdRow, _HOUSEHOLD + "AND h.number = %(number)s", {"ledger": ledger, "number": number}
    )


def households(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[HouseholdRow, ...]:
    """The files of an area, of any programme, by number; a page continues after a number."""
    return fetch(
        source,
        HouseholdRow,
        _HOUSEHOLD + "AND starts_with(h.area, %(area)s) AND h.number > %(after)s"
        " ORDER BY h.number LIMIT %(limit)s",
        {
            "ledger": scope.ledger,
            "area": scope.parameters["area"],
            "after": page.after,
            "limit": page.limit,
        },
    )


def members(source: Source, ledger: str, household: StreamId) -> tuple[MemberRow, ...]:
    """The members of a household in the order of the file, also those who have left."""
    return fetch(
        source,
        MemberRow,
        _MEMBER + "AND household = %(household)s ORDER BY joined_at, nth",
        {"ledger": ledger, "household": household},
    )


def households_of(source: Source, ledger: str, person: PersonId) -> tuple[MemberRow, ...]:
    """Every household that a person has belonged to, oldest first."""
    return fetch(
        source,
        MemberRow,
        _MEMBER + "AND person = %(person)s ORDER BY joined_at",
        {"ledger": ledger, "person": person},
    )
