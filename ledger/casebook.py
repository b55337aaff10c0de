"""The one way in for a command: load what it decides on, decide, append. Exactly once per command id."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from threading import Lock
from typing import Any
from uuid import UUID

import msgspec

from hudang.domain.claims import CODES, refusal_of
from hudang.domain.decision import (
    CHINA,
    Actor,
    Changes,
    Command,
    Given,
    Recorded,
    Refusal,
    decide,
    evolve,
)
from hudang.domain.erasure import MENTIONING
from hudang.domain.jurisdiction import AdoptPolicy, Jurisdiction, LedgerClock, OpenLedger
from hudang.domain.personal import Erased, Sealed
from hudang.domain.policy import policy_hash
from hudang.domain.values import PersonId, StreamId
from hudang.ledger import codec, upcasting
from hudang.ledger.adopted import AdoptedPolicies
from hudang.ledger.answers import (
    Accepted,
    Answer,
    Conflict,
    command_reused,
    ledger_already_open,
    naming_holder,
    person_erased,
    recorded_answer,
    repeated_answer,
    request_unreadable,
)
from hudang.ledger.clock import Clocks
from hudang.ledger.errors import (
    ClaimHeld,
    CommandReused,
    IdentityTaken,
    PersonErased,
    UnknownLedger,
    VersionConflict,
)
from hudang.ledger.ids import new_stream_id
from hudang.ledger.keys import KeyRing, Purpose
from hudang.ledger.persons import new_identities, owners, sealed
from hudang.ledger.records import Appended, AppendRequest, Claim, CommandRow, NewEvent
from hudang.ledger.sending import Asked, Read, Sending, clock_of
from hudang.ledger.snapshots import Folded, Snapshots
from hudang.ledger.store import Store

_ATTEMPTS = 8
"""How often a command decides again after others moved its streams."""


class Casebook:
    """Sends commands to the ledgers of one store, and folds streams into state."""

    def __init__(
        self, store: Store, keys: KeyRing, clocks: Clocks, *, appended: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self._keys = keys
        self._clocks = clocks
        self._appended = appended
        self._snapshots = Snapshots(store, keys)
        self._policies = AdoptedPolicies(store)
        self._jurisdictions: dict[str, tuple[int, Jurisdiction]] = {}
        self._lock = Lock()

    def open_ledger(self, ledger: str, command: OpenLedger, *, actor: Actor, command_id: UUID) -> Answer:
        """Open a ledger under its permanent tag; opening it again as it is records nothing."""
        return self.send(ledger, command, actor=actor, command_id=command_id)

    def send(
        self,
        ledger: str,
        command: Command,
        *,
        actor: Actor,
        command_id: UUID,
        expected_version: int | None = None,
    ) -> Answer:
        """Decide a command and record its events, once.

        The same id with the same request gives the first answer again, also when the decision would refuse by
        now; with another request it is a conflict. A refusal is not remembered. Raises LedgerError on faults.
        """
        if type(command).SEES and expected_version is None:
            return Refusal(
                code="expected_version_missing",
                rule="who decides on what was seen says what was seen",
                message="Send the version of the file that was shown.",
            )
        try:
            sending = self._sending(ledger, command, actor, command_id)
        except codec.UnreadableRequestError:
            return request_unreadable()
        return self._attempts(msgspec.structs.replace(sending, expected_version=expected_version))

    def load(self, ledger: str, stream: StreamId) -> tuple[Any, tuple[Recorded, ...]] | None:
        """A stream's state and its events, or None if the ledger has no such stream."""
        loaded = self._store.load(ledger, [(stream, 0)], None)
        events = tuple(upcasting.recorded(loaded.rows))
        return (reduce(evolve, events, None), events) if events else None

    def open(self, ledger: str, sealed: Sealed, purpose: Purpose) -> str | Erased:
        """Open a personal value at the edge, for a purpose. Raises PurposeRefusedError, SealBrokenError."""
        return self._keys.open(ledger, sealed, purpose)

    def state(self, ledger: str, stream: StreamId) -> tuple[Any, int] | None:
        """A stream's state and version, without its history: as cheap after 5,000 events as after 50."""
        loaded = self._snapshots.load(ledger, [(stream, 0)])
        states = _fold(loaded.events, loaded.folded)
        return (states[stream], loaded.versions[stream]) if stream in states else None

    def jurisdiction(self, ledger: str) -> Jurisdiction | None:
        """The ledger's own file: name, areas, adopted policies."""
        return self._jurisdiction(ledger)

    @property
    def policies(self) -> AdoptedPolicies:
        """The rules that ledgers adopted, found by programme, area and day."""
        return self._policies

    def now(self, ledger: str) -> datetime:
        """The time in a ledger, in China's offset."""
        return self._clocks.of(ledger).now().astimezone(CHINA)

    def _sending(self, ledger: str, command: Command, actor: Actor, command_id: UUID) -> Sending:
        asked = codec.encode_request(Asked(name=type(command).__name__, command=command, actor=actor))
        return Sending(
            ledger=ledger,
            command=command,
            actor=actor,
            command_id=command_id,
            expected_version=None,
            fingerprint=self._keys.fingerprint(asked),
            begins=StreamId(ledger) if isinstance(command, OpenLedger) else None,
        )

    def _attempts(self, sending: Sending) -> Answer:
        moved = ""
        for _ in range(_ATTEMPTS):
            try:
                return self._attempt(sending)
            except CommandReused:
                return command_reused()
            except ClaimHeld as held:
                return self._held(sending, held)
            except PersonErased:
                return person_erased()
            except VersionConflict as conflict:
                moved = conflict.stream
            except IdentityTaken:
                continue
        return Conflict(
            code="too_busy", message=f"The file {moved or 'asked for'} keeps changing; ask again."
        )

    def _attempt(self, sending: Sending) -> Answer:
        read = self._read(sending)
        if isinstance(read, CommandRow):
            return self._again(sending, read)
        if isinstance(sending.command, OpenLedger):
            if read.jurisdiction is not None:
                return self._opened_before(sending, sending.command, read.jurisdiction)
        elif read.jurisdiction is None:
            raise UnknownLedger
        subject = sending.subject
        version = read.versions.get(subject, 0) if subject else 0
        if sending.expected_version not in {None, version}:
            return Conflict(
                code="version_moved",
                message=f"The file is at version {version} now; look at it again before deciding.",
            )
        given = self._given(sending, read)
        decided = decide(read.states, sending.command, given)
        if isinstance(decided, Refusal):
            if subject is None or decided.code not in CODES:
                return decided
            return naming_holder(decided, sending.actor, subject, read.states.get(subject))
        changes = {stream: events for stream, events in decided.items() if events}
        if not changes:
            return Accepted(ledger=sending.ledger, stream=subject or given.new_stream, version=version)
        if isinstance(sending.command, AdoptPolicy):
            text = sending.command.text.encode()
            self._store.store_policy_file(policy_hash(text), text)
        return self._record(sending, read, given, changes)

    def _held(self, sending: Sending, held: ClaimHeld) -> Refusal:
        """The refusal that a held claim means; it names the holder to whoever has that file."""
        stream = StreamId(held.stream)
        known = self.state(sending.ledger, stream)
        return naming_holder(refusal_of(held.claim), sending.actor, stream, known[0] if known else None)

    def _read(self, sending: Sending) -> Read | CommandRow:
        """All that the decision needs, in one round trip; or the command's row if it was recorded before."""
        ledger = StreamId(sending.ledger)
        known = self._jurisdictions.get(ledger)
        asked = (*sending.command.streams(), *self._files_of(ledger, sending.command.concerns()))
        wanted = [(stream, 0) for stream in dict.fromkeys(asked) if stream != ledger]
        loaded = self._snapshots.load(
            ledger, [*wanted, (ledger, known[0] if known else 0)], sending.command_id
        )
        if loaded.command is not None:
            return loaded.command
        states = _fold((event for event in loaded.events if event.stream != ledger), loaded.folded)
        jurisdiction = self._jurisdiction_after(
            ledger, [event for event in loaded.events if event.stream == ledger]
        )
        if sending.subject == ledger and jurisdiction is not None:
            states[ledger] = jurisdiction
        return Read(
            states=states,
            folded=Counter(event.stream for event in loaded.events),
            versions={stream: loaded.versions.get(stream, 0) for stream in asked},
            jurisdiction=jurisdiction,
            now=self._clocks.of(ledger).now(),
        )

    def _files_of(self, ledger: str, persons: Iterable[PersonId]) -> list[StreamId]:
        """The files that name these persons; their versions guard the decision like those it asks for."""
        topics = upcasting.stored_topics(MENTIONING)
        return [
            StreamId(stream)
            for person in persons
            for stream in self._store.streams_naming(ledger, person, topics)
        ]

    def _given(self, sending: Sending, read: Read) -> Given:
        today = read.now.astimezone(CHINA).date()
        persons, known = owners(self._store, self._keys, sending.ledger, sending.command.identity_numbers())
        adopted = read.jurisdiction.adopted if read.jurisdiction else ()
        return Given(
            ledger=sending.ledger,
            actor=sending.actor,
            today=today,
            happened_on=sending.command.happened_on or today,
            command_id=sending.command_id,
            new_stream=sending.begins or new_stream_id(sending.ledger),
            persons=persons,
            known_persons=known,
            find_policy=lambda programme, area, on: self._policies.find(adopted, programme, area, on),
        )

    def _record(self, sending: Sending, read: Read, given: Given, changes: Changes) -> Answer:
        ledger = sending.ledger
        expected: dict[str, int] = {**dict.fromkeys(changes, 0), **read.versions}
        placed = [
            (
                stream,
                expected[stream] + ordinal,
                sealed(self._keys, ledger, stream, expected[stream] + ordinal, event),
            )
            for stream, events in changes.items()
            for ordinal, event in enumerate(events, start=1)
        ]
        simulated = clock_of(sending, read) is LedgerClock.SIMULATED
        appended = self._append(
            sending.command,
            AppendRequest(
                ledger=ledger,
                command_id=sending.command_id,
                fingerprint=sending.fingerprint,
                actor_person=sending.actor.person,
                actor_role=sending.actor.role.value,
                actor_office=sending.actor.office,
                expected=expected,
                events=[
                    NewEvent(
                        stream=stream,
                        topic=event.TOPIC,
                        payload=codec.encode(event),
                        happened_on=given.happened_on,
                    )
                    for stream, _, event in placed
                ],
                taken=[
                    Claim(claim=claim.key, holder=claim.holder, stream=stream)
                    for stream, _, event in placed
                    for claim in event.takes(stream)
                ],
                freed_holders=[holder for _, _, event in placed for holder in event.frees()],
                identities=new_identities(self._keys, given),
                at=read.now if simulated else None,
            ),
        )
        self._appended()
        if appended.repeated:
            return self._again(
                sending,
                CommandRow(
                    command_id=sending.command_id,
                    fingerprint=sending.fingerprint,
                    first=appended.first,
                    last=appended.last,
                ),
            )
        events = tuple(
            Recorded(
                ledger=ledger,
                position=appended.first + index,
                stream=stream,
                version=version,
                topic=event.TOPIC,
                command_id=sending.command_id,
                actor=sending.actor,
                happened_on=given.happened_on,
                recorded_at=appended.recorded_at,
                event=event,
            )
            for index, (stream, version, event) in enumerate(placed)
        )
        self._snapshots.after_command(ledger, read.states, read.folded, events)
        subject = sending.subject or events[0].stream
        return recorded_answer(subject, events, read.versions.get(subject, 0))

    def _append(self, command: Command, request: AppendRequest) -> Appended:
        """Record the events; the first events of a ledger open it in the same transaction."""
        if not isinstance(command, OpenLedger):
            return self._store.append(request)
        opened = self._store.open_ledger(request.ledger, command.clock.value, request)
        if opened is None:
            raise UnknownLedger
        return opened

    def _again(self, sending: Sending, row: CommandRow) -> Answer:
        """The first answer of a command that was recorded before."""
        if row.fingerprint != sending.fingerprint:
            return command_reused()
        rows = self._store.feed(sending.ledger, row.first - 1, row.last - row.first + 1)
        subject = sending.subject or StreamId(rows[0].stream)
        of_subject = rows if any(stored.stream == subject for stored in rows) else []
        if not of_subject:
            loaded = self._store.load(sending.ledger, [(subject, 0)])
            of_subject = [stored for stored in loaded.rows if stored.position < row.first]
        version = max((stored.version for stored in of_subject if stored.stream == subject), default=0)
        return repeated_answer(subject, rows, tuple(upcasting.recorded(rows)), version)

    def _opened_before(self, sending: Sending, command: OpenLedger, known: Jurisdiction) -> Answer:
        """A ledger is opened once; the same opening again is no other request."""
        if (command.name, command.area, command.clock) != (known.name, known.area, known.clock):
            return ledger_already_open()
        version = self._store.load(sending.ledger, [(known.id, 0)]).versions[known.id]
        return Accepted(ledger=sending.ledger, stream=known.id, version=version, repeated=True)

    def _jurisdiction(self, ledger: str) -> Jurisdiction | None:
        known = self._jurisdictions.get(ledger)
        loaded = self._store.load(ledger, [(ledger, known[0] if known else 0)], None)
        return self._jurisdiction_after(ledger, upcasting.recorded(loaded.rows))

    def _jurisdiction_after(self, ledger: str, newer: Sequence[Recorded]) -> Jurisdiction | None:
        """The cached file of the ledger, brought up to date with what was just loaded."""
        with self._lock:
            version, state = self._jurisdictions.get(ledger, (0, None))
            unseen = [recorded for recorded in newer if recorded.version > version]
            if unseen:
                version, state = unseen[-1].version, reduce(evolve, unseen, state)
            if state is not None:
                self._jurisdictions[ledger] = (version, state)
            return state


def _fold(newer: Iterable[Recorded], folded: Mapping[StreamId, Folded]) -> dict[StreamId, Any]:
    states = {stream: snapshot.state for stream, snapshot in folded.items()}
    for recorded in newer:
        states[recorded.stream] = evolve(states.get(recorded.stream), recorded)
    return states


__all__ = ["Accepted", "Answer", "Casebook", "Conflict"]
