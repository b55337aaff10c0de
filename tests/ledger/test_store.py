"""Does the store record a command once, whole and in order, and say no with the right error?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from time import monotonic
from uuid import uuid4

import psycopg
import pytest

from hudang.ledger.chain import event_hash, genesis_hash
from hudang.ledger.errors import (
    ClaimHeld,
    ClockBehind,
    ClockMisuse,
    CommandReused,
    IdentityTaken,
    LedgerError,
    MasterKeyChanged,
    StoreUnavailable,
    UnknownLedger,
    VersionConflict,
)
from hudang.ledger.records import (
    AppendRequest,
    Claim,
    CommandRow,
    DigestSecret,
    Head,
    NewEvent,
    PersonKey,
)
from hudang.ledger.store import Store

LEDGER = "L0001"
MARCH = datetime(2013, 3, 1, 9, tzinfo=UTC)

AskFor = Callable[..., AppendRequest]


class TestAppending:
    @pytest.mark.parametrize("size", [1, 2, 1_000, 5_000])
    def test_records_any_number_of_events_in_order(self, store: Store, ask: AskFor, size: int) -> None:
        request = ask({"L0001-a": 0, "L0001-b": 0} if size > 1 else {"L0001-a": 0}, events=size)

        appended = store.append(request)

        recorded = store.feed(LEDGER, 0, size + 1)
        assert (appended.first, appended.last, appended.repeated) == (1, size, False)
        assert [event.position for event in recorded] == list(range(1, size + 1))
        assert [(e.stream, e.topic, e.payload, e.happened_on) for e in recorded] == list(request.events)
        assert {event.recorded_at for event in recorded} == {appended.recorded_at}

    def test_chains_what_it_stores(self, store: Store, ask: AskFor) -> None:
        store.append(ask(events=3))
        store.append(ask())

        previous = genesis_hash(LEDGER, "server")
        for event in store.feed(LEDGER, 0, 10):
            assert event.hash == event_hash(event, previous)
            previous = event.hash
        assert store.heads()[LEDGER].hash == previous

    def test_keeps_payload_and_actor_byte_for_byte(self, store: Store, ask: AskFor) -> None:
        odd = bytes(range(256)) + "𠮷户档".encode()
        request = ask({"L0001-a": 0}, events=[NewEvent("L0001-a", "test.happened", odd, date(1, 1, 1))])

        store.append(request)

        (event,) = store.feed(LEDGER, 0, 10)
        assert (event.payload, event.happened_on) == (odd, date(1, 1, 1))
        assert (event.command_id, event.actor_person) == (request.command_id, request.actor_person)
        assert (event.actor_role, event.actor_office) == (request.actor_role, request.actor_office)

    def test_writes_several_streams_or_none(self, store: Store, ask: AskFor) -> None:
        store.append(ask({"L0001-a": 0}, events=2))

        with pytest.raises(VersionConflict):
            store.append(ask({"L0001-b": 0, "L0001-a": 1}, events=2))

        assert store.load(LEDGER, [("L0001-a", 0), ("L0001-b", 0)]).versions == {"L0001-a": 2, "L0001-b": 0}
        assert store.heads()[LEDGER].position == 2

    def test_says_which_stream_moved(self, store: Store, ask: AskFor) -> None:
        store.append(ask({"L0001-a": 0}))

        with pytest.raises(VersionConflict) as conflict:
            store.append(ask({"L0001-a": 0}))

        assert conflict.value.stream == "L0001-a"

    @pytest.mark.parametrize("expected", [-1, 1, 2])
    def test_is_refused_on_a_version_that_never_was(self, store: Store, ask: AskFor, expected: int) -> None:
        with pytest.raises(VersionConflict):
            store.append(ask({"L0001-a": expected}))

    def test_checks_a_stream_without_events_and_leaves_it(self, store: Store, ask: AskFor) -> None:
        store.append(ask({"L0001-quota": 0}, events=3))
        spend = [NewEvent("L0001-a", "test.happened", b"{}", date(2013, 3, 1))]

        store.append(ask({"L0001-a": 0, "L0001-quota": 3, "L0001-none": 0}, events=spend))

        with pytest.raises(VersionConflict) as conflict:
            store.append(ask({"L0001-a": 1, "L0001-quota": 2}, events=spend))
        assert conflict.value.stream == "L0001-quota"
        assert store.load(LEDGER, [("L0001-quota", 0)]).versions == {"L0001-quota": 3}

    def test_without_an_event_is_a_fault(self, store: Store, ask: AskFor) -> None:
        with pytest.raises(LedgerError):
            store.append(ask({"L0001-a": 0}, events=[]))

    def test_to_an_unknown_ledger_is_refused(self, store: Store, ask: AskFor) -> None:
        with pytest.raises(UnknownLedger):
            store.append(ask(ledger="L9999"))

    def test_never_repeats_a_payload_in_an_error(self, store: Store, ask: AskFor) -> None:
        secret = NewEvent("L0001-a", "", "测试甲".encode(), date(2013, 3, 1))

        with pytest.raises(LedgerError) as refused:
            store.append(ask({"L0001-a": 0}, events=[secret]))

        assert "测试甲" not in str(refused.value)


class TestTheSameCommandAgain:
    def test_records_nothing_and_answers_the_same(self, store: Store, ask: AskFor) -> None:
        request = ask({"L0001-a": 0}, events=3, taken=[Claim("one", "L0001-case", "L0001-a")])
        first = store.append(request)

        again = store.append(request)

        assert again == first._replace(repeated=True)
        assert store.heads()[LEDGER].position == 3

    def test_is_refused_for_another_request(self, store: Store, ask: AskFor) -> None:
        command_id = uuid4()
        store.append(ask(command_id=command_id, fingerprint=b"one"))

        with pytest.raises(CommandReused):
            store.append(ask(command_id=command_id, fingerprint=b"another"))

    def test_may_succeed_after_a_conflict(self, store: Store, ask: AskFor) -> None:
        command_id = uuid4()
        with pytest.raises(VersionConflict):
            store.append(ask({"L0001-a": 7}, command_id=command_id))

        assert store.append(ask({"L0001-a": 0}, command_id=command_id)).repeated is False

    def test_is_another_command_in_another_ledger(self, store: Store, ask: AskFor) -> None:
        store.open_ledger("L0002", "server")
        command_id = uuid4()
        store.append(ask(command_id=command_id))

        assert store.append(ask(ledger="L0002", command_id=command_id)).repeated is False


class TestClaims:
    def test_are_held_until_their_holder_gives_them_up(self, store: Store, ask: AskFor) -> None:
        claim = Claim("application/L0001-p/dibao", "L0001-case1", "L0001-a")
        store.append(ask({"L0001-a": 0}, taken=[claim]))

        with pytest.raises(ClaimHeld) as held:
            store.append(ask({"L0001-b": 0}, taken=[claim._replace(holder="L0001-case2", stream="L0001-b")]))
        assert (held.value.claim, held.value.stream) == (claim.claim, "L0001-a")
        assert store.claim(LEDGER, claim.claim) == claim

        store.append(ask({"L0001-a": 1}, freed_holders=["L0001-case1"]))
        assert store.claim(LEDGER, claim.claim) is None
        store.append(ask({"L0001-b": 0}, taken=[claim._replace(holder="L0001-case2", stream="L0001-b")]))

    def test_are_not_taken_twice_even_by_their_holder(self, store: Store, ask: AskFor) -> None:
        vote = Claim("vote/meeting/household/voter", "L0001-meeting", "L0001-a")
        store.append(ask({"L0001-a": 0}, taken=[vote]))

        with pytest.raises(ClaimHeld):
            store.append(ask({"L0001-a": 1}, taken=[vote]))

    def test_are_not_taken_twice_in_one_command(self, store: Store, ask: AskFor) -> None:
        vote = Claim("vote/meeting/household/voter", "L0001-meeting", "L0001-a")

        with pytest.raises(ClaimHeld) as held:
            store.append(ask({"L0001-a": 0}, taken=[vote, vote]))
        assert held.value.claim == vote.claim

    def test_pass_from_holder_to_holder_in_one_command(self, store: Store, ask: AskFor) -> None:
        first = Claim("payout/2013-02", "L0001-pay1", "L0001-a")
        second = first._replace(holder="L0001-pay2")
        store.append(ask({"L0001-a": 0}, taken=[first]))

        store.append(ask({"L0001-a": 1}, freed_holders=["L0001-pay1"], taken=[second]))

        assert store.claim(LEDGER, first.claim) == second


class TestIdentities:
    def test_belong_to_one_person(self, store: Store, ask: AskFor) -> None:
        store.append(ask(identities={b"digest": "L0001-p1", b"other": "L0001-p2"}))

        with pytest.raises(IdentityTaken) as taken:
            store.append(ask(identities={b"digest": "L0001-p3"}))

        assert taken.value.person == "L0001-p1"
        found = store.find_identities(LEDGER, [b"digest", b"other", b"unknown"])
        assert found == {b"digest": "L0001-p1", b"other": "L0001-p2"}

    def test_of_the_same_person_again_change_nothing(self, store: Store, ask: AskFor) -> None:
        store.append(ask(identities={b"digest": "L0001-p1"}))

        store.append(ask(identities={b"digest": "L0001-p1"}))

        assert store.find_identities(LEDGER, [b"digest"]) == {b"digest": "L0001-p1"}


class TestTime:
    def test_is_the_databases_in_a_ledger_with_its_clock(self, store: Store, ask: AskFor) -> None:
        with pytest.raises(ClockMisuse):
            store.append(ask(at=MARCH))

    def test_is_the_callers_in_a_simulated_ledger(self, store: Store, ask: AskFor) -> None:
        store.open_ledger("L0002", "simulated")
        with pytest.raises(ClockMisuse):
            store.append(ask(ledger="L0002"))

        assert store.append(ask(ledger="L0002", at=MARCH)).recorded_at == MARCH
        assert store.clock_of("L0002") == "simulated"

    def test_never_runs_back(self, store: Store, ask: AskFor) -> None:
        store.open_ledger("L0002", "simulated")
        store.append(ask(ledger="L0002", at=MARCH))

        lifted = store.append(ask(ledger="L0002", at=MARCH - timedelta(seconds=5)))

        assert lifted.recorded_at == MARCH
        with pytest.raises(ClockBehind):
            store.append(ask(ledger="L0002", at=MARCH - timedelta(seconds=5, microseconds=1)))

    def test_of_the_database_far_behind_the_head_refuses(
        self, store: Store, ask: AskFor, database: str
    ) -> None:
        store.append(ask())
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE ledger.heads SET recorded_at = now() + interval '1 hour'")

        with pytest.raises(ClockBehind):
            store.append(ask())


class TestOpeningALedger:
    def test_again_with_the_same_clock_changes_nothing(self, store: Store, ask: AskFor) -> None:
        store.append(ask())

        store.open_ledger(LEDGER, "server")

        assert store.heads()[LEDGER].position == 1

    def test_again_with_the_other_clock_is_refused(self, store: Store) -> None:
        with pytest.raises(ClockMisuse):
            store.open_ledger(LEDGER, "simulated")

    def test_records_its_first_command_with_it_or_nothing(self, store: Store, ask: AskFor) -> None:
        with pytest.raises(ClockMisuse):
            store.open_ledger("L0002", "simulated", ask({"L0002": 0}, ledger="L0002"))
        assert "L0002" not in store.heads()

        opened = store.open_ledger("L0002", "simulated", ask({"L0002": 0}, ledger="L0002", at=MARCH))

        assert opened is not None
        assert opened.first == 1

    def test_begins_with_the_genesis_hash(self, store: Store) -> None:
        assert store.heads() == {LEDGER: Head(0, genesis_hash(LEDGER, "server"), None)}

    def test_that_is_unknown_has_no_clock(self, store: Store) -> None:
        with pytest.raises(UnknownLedger):
            store.clock_of("L9999")


class TestLoading:
    def test_gives_the_events_after_a_version_in_order_of_position(self, store: Store, ask: AskFor) -> None:
        store.append(ask({"L0001-a": 0, "L0001-b": 0}, events=6))
        store.append(ask({"L0001-a": 3}, events=1))

        loaded = store.load(LEDGER, [("L0001-b", 0), ("L0001-a", 2), ("L0001-new", 0)])

        assert loaded.versions == {"L0001-a": 4, "L0001-b": 3, "L0001-new": 0}
        assert [event.position for event in loaded.rows] == [2, 4, 5, 6, 7]
        assert loaded.command is None

    def test_gives_the_command_that_was_recorded(self, store: Store, ask: AskFor) -> None:
        request = ask({"L0001-a": 0}, events=2)
        store.append(request)

        loaded = store.load(LEDGER, [("L0001-a", 0)], request.command_id)

        assert loaded.command == CommandRow(request.command_id, b"asked", 1, 2)
        assert store.command(LEDGER, request.command_id) == loaded.command

    def test_sees_nothing_of_another_ledger(self, store: Store, ask: AskFor) -> None:
        store.open_ledger("L0002", "server")
        store.append(ask({"shared": 0}))

        assert store.load("L0002", [("shared", 0)]).rows == []

    def test_of_nothing_is_empty(self, store: Store) -> None:
        assert store.load(LEDGER, []) == ({}, [], None)


class TestTheFeed:
    def test_comes_in_pages(self, store: Store, ask: AskFor) -> None:
        store.append(ask(events=5))

        assert [event.position for event in store.feed(LEDGER, 1, 3)] == [2, 3, 4]
        assert store.feed(LEDGER, 5, 3) == []


class TestKeysAndPolicyFiles:
    def test_the_first_key_of_a_person_is_kept(self, store: Store) -> None:
        assert store.person_key(LEDGER, "L0001-p1") is None

        first = PersonKey(b"first", "m1", None)
        store.store_digest_secret("m1", b"secret")
        assert store.store_person_key(LEDGER, "L0001-p1", b"first", "m1") == first
        assert store.store_person_key(LEDGER, "L0001-p1", b"second", "m1") == first

        assert store.person_keys(LEDGER, ["L0001-p1", "L0001-p2"]) == {"L0001-p1": first}

    def test_a_key_is_wrapped_by_the_master_key_in_use(self, store: Store) -> None:
        with pytest.raises(MasterKeyChanged):
            store.store_person_key(LEDGER, "L0001-p1", b"key", "m1")

        assert store.store_digest_secret("m1", b"secret") == DigestSecret("m1", b"secret")
        assert store.store_digest_secret("m2", b"other") == store.digest_secret()
        with pytest.raises(MasterKeyChanged):
            store.store_person_key(LEDGER, "L0001-p1", b"key", "m2")

    def test_a_key_needs_a_ledger(self, store: Store) -> None:
        with pytest.raises(UnknownLedger):
            store.store_person_key("L9999", "L9999-p1", b"key", "m1")

    def test_a_policy_file_is_kept_under_its_own_hash_only(self, store: Store) -> None:
        body = "# 低保\n".encode()
        name = f"sha256:{sha256(body).hexdigest()}"

        store.store_policy_file(name, body)
        store.store_policy_file(name, body)

        assert store.policy_file(name) == body
        assert store.policy_file("sha256:none") is None
        with pytest.raises(LedgerError):
            store.store_policy_file(name, b"something else")


class TestADatabaseThatDoesNotAnswer:
    def test_is_reported_in_time_and_without_the_address(self, ask: AskFor) -> None:
        began = monotonic()
        with (
            Store("host=/nonexistent user=nobody password=secret") as store,
            pytest.raises(StoreUnavailable) as unavailable,
        ):
            store.append(ask())

        assert monotonic() - began < 5
        assert "secret" not in str(unavailable.value)
