"""Is what is stored what was meant, read back strictly, and never changed by accident?"""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Actor, Event, Recorded
from hudang.domain.jurisdiction import LedgerClock, OpenLedger
from hudang.domain.month import Month
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from hudang.ledger import codec
from hudang.ledger.codec import UndecodableEventError, UnreadableRequestError
from hudang.ledger.records import StoredEvent
from tests.ledger import shapes

COMMITTED: dict[str, Any] = json.loads(shapes.TOPICS.read_text(encoding="utf-8"))
SAMPLES: dict[str, dict[str, Any]] = {topic: known["sample"] for topic, known in COMMITTED.items()}
CANARY = "测试金丝雀"
WHAT_TO_DO = """The stored shape of an event changed. Events of the old shape are in ledgers already: only a
new event and a new code may come in like this, never another or a new field of an event that is there. It is
a new version of the event: CONTRIBUTING.md, "change an event", shows how. Then run from the top folder
`python -m tests.ledger.shapes` and commit topics.json with the change."""

every_topic = pytest.mark.parametrize("topic", sorted(EVENTS))
personal_topics = pytest.mark.parametrize(
    "topic", sorted(topic for topic, event in EVENTS.items() if codec.holds_personal(event))
)


def written(value: object) -> bytes:
    """JSON as another hand might write it."""
    return json.dumps(value, ensure_ascii=False).encode()


class TestEveryEvent:
    @every_topic
    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_comes_back_as_it_went_in(self, topic: str, data: st.DataObject) -> None:
        event: Event = data.draw(shapes.strategy(EVENTS[topic]))

        assert codec.decode(topic, codec.encode(event)) == event

    @every_topic
    def test_has_one_encoding(self, topic: str) -> None:
        """The same bytes again, so that a replayed event hashes to the same chain."""
        event = codec.decode(topic, written(SAMPLES[topic]))

        assert codec.encode(event) == msgspec.json.encode(SAMPLES[topic])
        assert codec.encode(codec.decode(topic, codec.encode(event))) == codec.encode(event)


class TestTheStoredShapes:
    def test_are_the_committed_ones(self) -> None:
        """What was stored stays readable for ever: a changed shape is a decision, not an accident."""
        assert shapes.topics() == COMMITTED, WHAT_TO_DO

    @every_topic
    def test_still_read_the_committed_samples(self, topic: str) -> None:
        assert isinstance(codec.decode(topic, written(SAMPLES[topic])), EVENTS[topic])

    @every_topic
    def test_read_a_sample_from_before_a_field_was_added(self, topic: str) -> None:
        optional = shapes.optional_fields(EVENTS[topic])
        older = {name: value for name, value in SAMPLES[topic].items() if name not in optional}

        assert isinstance(codec.decode(topic, written(older)), EVENTS[topic])

    @every_topic
    def test_hold_personal_values_only_where_they_are_found(self, topic: str) -> None:
        """`map_personal` sees every personal value that the type can carry."""
        event = shapes.sample_event(EVENTS[topic])

        seen = _places(topic)

        assert len(seen) == codec.encode(event).count(b'"type":"sealed"')
        assert bool(seen) is codec.holds_personal(EVENTS[topic])
        assert len(set(seen)) == len(seen)


class TestAPersonalValueThatIsStillOpen:
    @personal_topics
    def test_is_never_encoded(self, topic: str) -> None:
        for index in range(len(_places(topic))):
            with pytest.raises(TypeError, match="is not sealed") as raised:
                codec.encode(_with(topic, index, Open(CANARY, of=PersonId("L0001-person"))))
            assert CANARY not in str(raised.value)

    @personal_topics
    def test_is_never_decoded(self, topic: str) -> None:
        """Not even if it was put into the database by another hand."""
        raw = codec.encode(shapes.sample_event(EVENTS[topic]))
        open_value = written({"type": "open", "value": CANARY, "of": "L0001-person"})
        sealed = msgspec.json.encode(shapes.SEALED)
        assert sealed in raw

        with pytest.raises(UndecodableEventError) as raised:
            codec.decode(topic, raw.replace(sealed, open_value, 1))
        assert CANARY not in str(raised.value)

    def test_may_have_been_erased(self) -> None:
        erased = Erased(of=PersonId("L0001-person"), erased_at=datetime(2013, 3, 1, tzinfo=UTC))
        event = PersonRegistered(name=erased, identity_number=shapes.SEALED)

        assert codec.decode("person.registered", codec.encode(event)) == event

    def test_is_found_inside_lists_and_tables_too(self) -> None:
        values = {"a": [Open("1"), (Open("2"),)], "b": "3"}

        found = codec.map_personal(values, lambda value, path: Sealed(of=PersonId("p"), at=path, box=""))

        assert found["a"][0].at == "/a/0"
        assert found["a"][1][0].at == "/a/1/0"
        assert found["b"] == "3"


class TestWhatDoesNotFit:
    @every_topic
    def test_is_refused_with_an_unknown_field(self, topic: str) -> None:
        undecodable(topic, {**SAMPLES[topic], "unheard_of": 1})

    @every_topic
    def test_is_refused_with_an_unknown_field_deep_inside(self, topic: str) -> None:
        for changed in _each_table_with_more(SAMPLES[topic]):
            undecodable(topic, changed)

    @every_topic
    def test_is_refused_without_a_field_that_it_needs(self, topic: str) -> None:
        needed = set(SAMPLES[topic]) - shapes.optional_fields(EVENTS[topic])
        for missing in needed:
            undecodable(topic, {name: value for name, value in SAMPLES[topic].items() if name != missing})

    @every_topic
    @pytest.mark.parametrize("wrong", [1.5, [1.5], {"unheard_of": 1.5}], ids=["number", "list", "table"])
    def test_is_refused_with_a_value_of_another_type(self, topic: str, wrong: object) -> None:
        for name in SAMPLES[topic]:
            undecodable(topic, {**SAMPLES[topic], name: wrong})

    @pytest.mark.parametrize(
        ("topic", "changed"),
        [
            ("entitlement.started", {"from_month": "2013-13"}),
            ("entitlement.started", {"from_month": "2013-5"}),
            ("entitlement.started", {"from_month": 201305}),
            ("entitlement.started", {"amount_fen": "40000"}),
            ("entitlement.started", {"amount_fen": 400.5}),
            ("entitlement.started", {"amount_fen": None}),
            ("entitlement.started", {"household_class": "D"}),
            ("entitlement.started", {"next_recheck_on": "2013-02-30"}),
            ("entitlement.started", {"next_recheck_on": "2013-03-01T00:00:00Z"}),
            ("person.registered", {"name": "测试甲"}),
            ("person.registered", {"name": {"type": "clear", "value": "测试甲"}}),
        ],
    )
    def test_is_refused_with_a_value_that_means_nothing(self, topic: str, changed: dict[str, object]) -> None:
        undecodable(topic, {**SAMPLES[topic], **changed})

    @pytest.mark.parametrize("payload", [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"{}{}"])
    def test_is_refused_if_it_is_no_event_at_all(self, payload: bytes) -> None:
        with pytest.raises(UndecodableEventError):
            codec.decode("application.accepted", payload)

    def test_is_refused_under_an_unknown_topic(self) -> None:
        with pytest.raises(UndecodableEventError) as raised:
            codec.decode("application.unheard_of", b"{}")

        assert raised.value.topic == "application.unheard_of"

    def test_is_refused_without_repeating_what_it_says(self) -> None:
        with pytest.raises(UndecodableEventError) as raised:
            codec.decode("entitlement.started", written({**SAMPLES["entitlement.started"], "case": [CANARY]}))

        assert CANARY not in str(raised.value)
        assert raised.value.__suppress_context__


class TestAStoredEvent:
    def test_comes_back_with_its_envelope(self) -> None:
        event = shapes.sample_event(EVENTS["application.accepted"])

        assert codec.recorded(stored()) == Recorded(
            ledger="L0001",
            position=7,
            stream=StreamId("L0001-a"),
            version=3,
            topic="application.accepted",
            command_id=UUID(int=1),
            actor=Actor("staff-1", Role.TOWNSHIP_CLERK, "430304001"),
            happened_on=date(2013, 3, 1),
            recorded_at=datetime(2013, 3, 1, 1, tzinfo=UTC),
            event=event,
        )

    @pytest.mark.parametrize(
        "changed", [{"topic": "unheard.of"}, {"payload": b"{}"}, {"actor_role": "emperor"}], ids=str
    )
    def test_is_named_by_its_position_where_it_does_not_fit(self, changed: dict[str, Any]) -> None:
        with pytest.raises(UndecodableEventError) as raised:
            codec.recorded(stored()._replace(**changed))

        assert raised.value.position == 7


class TestARequest:
    def test_is_fingerprinted_from_its_bytes(self) -> None:
        first, second = (OpenLedger(name=name, area="43", clock=LedgerClock.SERVER) for name in "ab")

        assert codec.encode_request(first) == codec.encode_request(msgspec.structs.replace(first))
        assert codec.encode_request(first) != codec.encode_request(second)

    @pytest.mark.parametrize("name", ["\x00", "a\x00b", '\\\x00"', "\ud800", f"{CANARY}\udfff"])
    def test_is_refused_if_no_database_can_keep_it(self, name: str) -> None:
        with pytest.raises(UnreadableRequestError) as raised:
            codec.encode_request(OpenLedger(name=name, area="43", clock=LedgerClock.SERVER))

        assert CANARY not in str(raised.value)

    @pytest.mark.parametrize("name", ["\\u0000", "\\\\u0000", "u0000", "\x01", "文字"])
    def test_is_not_refused_for_what_only_looks_so(self, name: str) -> None:
        assert codec.encode_request(OpenLedger(name=name, area="43", clock=LedgerClock.SERVER))

    def test_may_name_months(self) -> None:
        class Asked(msgspec.Struct):
            month: Month

        assert codec.encode_request(Asked(Month(2013, 3))) == b'{"month":"2013-03"}'

    def test_with_an_unknown_type_is_a_fault(self) -> None:
        class Asked(msgspec.Struct):
            what: object

        with pytest.raises(TypeError, match="cannot be stored"):
            codec.encode_request(Asked(object()))


def undecodable(topic: str, value: object) -> None:
    with pytest.raises(UndecodableEventError):
        codec.decode(topic, written(value))


def stored() -> StoredEvent:
    """An accepted application as the database has it."""
    return StoredEvent(
        ledger="L0001",
        position=7,
        stream="L0001-a",
        version=3,
        topic="application.accepted",
        payload=written(SAMPLES["application.accepted"]),
        command_id=UUID(int=1),
        actor_person="staff-1",
        actor_role="township_clerk",
        actor_office="430304001",
        happened_on=date(2013, 3, 1),
        recorded_at=datetime(2013, 3, 1, 1, tzinfo=UTC),
        hash=b"",
    )


def _places(topic: str) -> list[str]:
    """Where the sample of a topic holds personal values."""
    places: list[str] = []

    def note(value: codec.PersonalValue, path: str) -> codec.PersonalValue:
        places.append(path)
        return value

    codec.map_personal(shapes.sample_event(EVENTS[topic]), note)
    return places


def _with(topic: str, index: int, value: Open) -> Event:
    """The sample of a topic with one of its personal values replaced."""
    place = _places(topic)[index]
    changed: Event = codec.map_personal(
        shapes.sample_event(EVENTS[topic]), lambda old, path: value if path == place else old
    )
    return changed


def _each_table_with_more(value: Any) -> list[Any]:
    """The value once for each table inside it, that table with a field more; not tables keyed at will."""
    if isinstance(value, list):
        return [
            [*value[:at], changed, *value[at + 1 :]]
            for at, item in enumerate(value)
            for changed in _each_table_with_more(item)
        ]
    if not isinstance(value, dict) or value == {"文字 text": 1_234}:
        return []
    inside = [
        {**value, name: changed} for name, item in value.items() for changed in _each_table_with_more(item)
    ]
    return [{**value, "unheard_of": 1}, *inside]
