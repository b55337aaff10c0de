"""Is an event of a former shape read as what it amounts to today, wherever events are read?"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from hudang.domain.decision import Event
from hudang.domain.former import _ALONE, FORMER, Former, Today, upcasts
from hudang.domain.household import Household
from hudang.domain.jurisdiction import AreaEstablished, AreaLevel, EstablishArea
from hudang.domain.personal import Open, Personal, Sealed
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberLeft, NameAccount
from hudang.domain.values import PersonId, StreamId
from hudang.ledger import codec, upcasting
from hudang.ledger.casebook import Accepted
from hudang.ledger.codec import UndecodableEventError
from hudang.ledger.keys import Purpose
from hudang.ledger.records import AppendRequest, Claim, StoredEvent
from hudang.ledger.verify import verify
from tests.ledger import former_shapes as old
from tests.ledger.former_shapes import (
    BOTH,
    CHILD,
    HEAD,
    HOLDER,
    LEDGER,
    NUMBER,
    OPENED,
    REMARK,
    STREAM,
    stored,
)
from tests.ledger.office import COUNTY, VILLAGE, Office, open_office, registration

CANARY = REMARK.text


@pytest.fixture(autouse=True)
def _pretended() -> Iterator[None]:
    with old.pretended():
        yield


def events(*rows: StoredEvent) -> list[Event]:
    return [recorded.event for recorded in upcasting.recorded(rows)]


class TestAnEventOfAFormerShape:
    def test_is_moved_into_another(self) -> None:
        """From version to version; what is sealed keeps the place it was sealed for."""
        (event,) = events(stored(OPENED, 1))

        assert isinstance(event, HouseholdRegistered)
        assert event.address == OPENED.home
        assert event.members[0].name == OPENED.head_name

    def test_is_split(self) -> None:
        first, second = upcasting.recorded([stored(BOTH, 4)])

        assert isinstance(first.event, AccountNamed)
        assert isinstance(second.event, MemberLeft)
        assert [(each.position, each.version, each.ordinal) for each in (first, second)] == [
            (4, 4, 0),
            (4, 4, 1),
        ]
        assert first.topic == AccountNamed.TOPIC
        assert (second.command_id, second.happened_on) == (UUID(int=1), date(2013, 3, 1))

    def test_is_dropped(self) -> None:
        assert events(stored(REMARK, 4)) == []

    def test_is_merged_with_the_next(self) -> None:
        (account,) = upcasting.recorded([stored(HOLDER, 2), stored(NUMBER, 3)])

        assert account.event == AccountNamed(holder=HEAD, account=NUMBER.number)
        assert (account.position, account.version, account.ordinal) == (3, 3, 0)

    def test_is_merged_with_one_of_today(self) -> None:
        left = MemberLeft(**vars_of(events(stored(BOTH, 1))[1]))

        assert events(stored(old.DepartureAnnounced(), 2), stored(left, 3)) == [left]

    @pytest.mark.parametrize(
        "second",
        [
            stored(NUMBER, 4),
            stored(NUMBER, 3, stream=StreamId("L0001-neighbour")),
            stored(NUMBER, 3, command=2),
        ],
        ids=["further on", "another stream", "another command"],
    )
    def test_stands_alone_where_the_next_does_not_belong_to_it(self, second: StoredEvent) -> None:
        assert events(stored(HOLDER, 2), second) == [AccountNamed(holder=CHILD, account=NUMBER.number)]

    def test_is_read_among_others(self) -> None:
        rows = [OPENED, HOLDER, HOLDER, NUMBER, REMARK, BOTH, HOLDER]

        read = upcasting.recorded([stored(row, at) for at, row in enumerate(rows, start=1)])

        assert [(each.position, each.ordinal, type(each.event).__name__) for each in read] == [
            (1, 0, "HouseholdRegistered"),
            (4, 0, "AccountNamed"),
            (6, 0, "AccountNamed"),
            (6, 1, "MemberLeft"),
        ]


class TestReadingStrictly:
    @pytest.mark.parametrize(
        "payload",
        [b"{}", b"null", b'{"text":1}', b'{"text":"x","more":1}', b"\xff"],
        ids=["missing", "nothing", "another type", "unknown field", "no text"],
    )
    def test_refuses_what_does_not_fit_the_former_shape(self, payload: bytes) -> None:
        with pytest.raises(UndecodableEventError) as raised:
            upcasting.recorded([stored(REMARK, 9)._replace(payload=payload)])

        assert (raised.value.topic, raised.value.position) == ("test.remark", 9)

    def test_refuses_what_is_still_open(self) -> None:
        with pytest.raises(UndecodableEventError) as raised:
            upcasting.recorded([stored(old.NumberNamed(number=Open(CANARY, of=HEAD)), 9)])

        assert CANARY not in str(raised.value)

    @pytest.mark.parametrize("wrong", ["raises", "opens"])
    def test_refuses_what_an_upcaster_makes_wrongly(self, wrong: str) -> None:
        class Broken(Former, frozen=True, kw_only=True):
            TOPIC = "test.broken"

            text: str

        @upcasts(Broken)
        def broken(former: Broken) -> Today:
            if wrong == "raises":
                raise KeyError(former.text)
            return (AccountNamed(holder=HEAD, account=Open(former.text, of=HEAD)),)

        with pytest.raises(UndecodableEventError) as raised:
            upcasting.recorded([stored(Broken(text=CANARY), 9)])

        assert raised.value.position == 9
        assert CANARY not in str(raised.value)
        assert raised.value.__suppress_context__


class TestAPage:
    ROWS = (stored(OPENED, 1), stored(HOLDER, 2), stored(NUMBER, 3), stored(REMARK, 4))

    def following(self, position: int) -> Sequence[StoredEvent]:
        return self.ROWS[position : position + 1]

    @pytest.mark.parametrize(("size", "whole"), [(0, 0), (1, 1), (2, 3), (3, 3), (4, 4)])
    def test_ends_with_what_belongs_together(self, size: int, whole: int) -> None:
        assert len(upcasting.whole(self.ROWS[:size], self.following)) == whole

    def test_ends_with_the_ledger(self) -> None:
        assert upcasting.whole(self.ROWS[:2], lambda _: ()) == list(self.ROWS[:2])


class TestEventsOfToday:
    def test_are_read_as_they_are(self) -> None:
        row = stored(events(stored(OPENED, 1))[0], 1)

        assert upcasting.recorded([row]) == [codec.recorded(row)]

    def test_take_no_second_look_where_there_is_no_former_shape(self) -> None:
        row = stored(events(stored(OPENED, 1))[0], 1)
        FORMER.clear()

        assert isinstance(upcasting.grouped([row]), zip)
        assert upcasting.recorded([row]) == [codec.recorded(row)]


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    with open_office(database) as office:
        yield office


def record(
    office: Office, *formers: Former, stream: StreamId = STREAM, command: UUID | None = None
) -> tuple[int, int]:
    """Record events as they once were; their first and last position."""
    version = office.store.load(LEDGER, [(stream, 0)]).versions[stream]
    appended = office.store.append(
        AppendRequest(
            ledger=LEDGER,
            command_id=command or uuid4(),
            fingerprint=b"asked",
            actor_person="staff-1",
            actor_role="township_clerk",
            actor_office=COUNTY,
            expected={stream: version},
            events=[old.new(stream, shape) for shape in formers],
            taken=[
                Claim(claim.key, claim.holder, stream) for shape in formers for claim in shape.takes(stream)
            ],
            at=office.casebook.now(LEDGER),
        )
    )
    return appended.first, appended.last


class AccountNamedOnce(Former, frozen=True, kw_only=True):
    """What is recorded today, as if it had become a former shape."""

    TOPIC = AccountNamed.TOPIC

    holder: PersonId
    account: Personal


def vars_of(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


class TestALedgerThatIsOlderThanItsProgram:
    def opened(self, office: Office) -> old.FileOpenedV1:
        """As the program of then sealed it: for the places that the fields had."""

        def seal(text: str, field: str) -> Sealed:
            return office.keys.seal(LEDGER, Open(text, of=HEAD), f"{STREAM}:1:{field}")

        return old.FileOpenedV1(
            number="001",
            area=VILLAGE,
            head=HEAD,
            head_name=seal("测试甲", "head_name"),
            home=seal("测试路1号", "home"),
        )

    def test_opens_what_was_sealed_for_another_field(self, office: Office) -> None:
        record(office, self.opened(office))
        household: Household = office.state(STREAM)

        assert isinstance(household.address, Sealed)
        assert isinstance(household.head.name, Sealed)
        assert office.keys.open(LEDGER, household.address, Purpose.CASE_WORK) == "测试路1号"
        assert office.keys.open(LEDGER, household.head.name, Purpose.CASE_WORK) == "测试甲"

    def test_takes_commands_on_its_files(self, office: Office) -> None:
        record(office, self.opened(office), REMARK)
        answer = office.accepted(NameAccount(household=STREAM, holder=HEAD, account=Open("测试账户")))

        assert answer.version == 3
        assert office.state(STREAM).account_holder == HEAD

    def test_answers_a_command_of_then_again(self, office: Office) -> None:
        """With the positions that it has, whatever is left of its events."""
        household = office.register("002", 2)
        (head,) = office.members(household)
        answer = office.accepted(NameAccount(household=household, holder=head, account=Open("测试账户")))
        with old.restored():
            FORMER[AccountNamed.TOPIC] = AccountNamedOnce
            _ALONE[AccountNamedOnce] = lambda former: ()
            again = office.again(office.sent[-1])

        assert isinstance(again, Accepted)
        assert (again.stream, again.version, again.repeated) == (household, 2, True)
        assert (again.first, again.last, again.events) == (answer.first, answer.last, ())
        assert again.recorded_at == answer.recorded_at

    def test_has_the_areas_that_were_entered_together(self, office: Office) -> None:
        """The ledger's own file is kept in memory, and goes on from where it was read to."""

        class AreasEstablished(Former, frozen=True, kw_only=True):
            TOPIC = "test.areas_established"

            areas: tuple[str, ...]

        @upcasts(AreasEstablished)
        def areas(former: AreasEstablished) -> Today:
            return tuple(
                AreaEstablished(area=area, name="测试村", level=AreaLevel.VILLAGE, parent=COUNTY)
                for area in former.areas
            )

        ledger = StreamId(LEDGER)
        both = AreasEstablished(areas=("430304001002", "430304001003"))
        record(office, both, REMARK, stream=ledger)
        office.accepted(
            EstablishArea(
                jurisdiction=ledger, area="430304001004", name="测试", level=AreaLevel.VILLAGE, parent=COUNTY
            )
        )
        known = office.casebook.jurisdiction(LEDGER)

        assert known is not None
        assert {"430304001002", "430304001003", "430304001004"} <= set(known.areas)

    def test_takes_snapshots_that_change_nothing(self, office: Office) -> None:
        record(office, self.opened(office), *([HOLDER, NUMBER] * 60), BOTH, REMARK)
        before = office.casebook.state(LEDGER, STREAM)

        assert office.casebook._snapshots.take_overdue(LEDGER) == 1
        assert office.casebook._snapshots.take_overdue(LEDGER) == 0
        assert before is not None
        assert office.casebook.state(LEDGER, STREAM) == before == (office.state(STREAM), 123)

    def test_is_sound(self, office: Office) -> None:
        """What a former event took is what its shape says."""
        record(office, self.opened(office), HOLDER, NUMBER, BOTH, REMARK)

        assert verify(office.store, LEDGER).findings == ()
        assert office.refused(registration("001", 7)) == "household_number_taken"
