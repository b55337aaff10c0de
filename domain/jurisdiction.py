"""What is this ledger, which areas does it cover, and whose rules has it adopted? (辖区、区划、政策采用)

A ledger is one operator's jurisdiction. Its tag never changes; its administrative code is a dated fact.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar

import msgspec

from hudang.domain.decision import Command, Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.policy import PolicyErrors, policy_hash, read_policy
from hudang.domain.roles import Role
from hudang.domain.values import StreamId, is_area

OPERATORS = frozenset({Role.OPERATOR})


class LedgerClock(StrEnum):
    """Where a ledger's time comes from."""

    SERVER = "server"
    SIMULATED = "simulated"


class AreaLevel(StrEnum):
    """Levels of administration (行政级别)."""

    PROVINCE = "province"  # 省
    PREFECTURE = "prefecture"  # 市
    COUNTY = "county"  # 县(区)
    TOWNSHIP = "township"  # 乡镇(街道)
    VILLAGE = "village"  # 村(社区)


class LedgerOpened(Event, frozen=True, kw_only=True):
    """The ledger of a jurisdiction was opened: its name, code, chain format, algorithms and clock."""

    TOPIC = "ledger.opened"

    name: str
    area: str
    clock: LedgerClock
    chain_format: str
    algorithms: tuple[str, ...]


class AreaEstablished(Event, frozen=True, kw_only=True):
    """An area of the jurisdiction got its code and name."""

    TOPIC = "ledger.area_established"

    area: str
    name: str
    level: AreaLevel
    parent: str | None


class PolicyAdopted(Event, frozen=True, kw_only=True):
    """The jurisdiction adopted a version of a programme's rules, named by the hash of its file."""

    TOPIC = "ledger.policy_adopted"

    programme: str
    jurisdiction: str
    version: str
    policy: str
    in_force_from: date


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """An area as the ledger knows it."""

    code: str
    name: str
    level: AreaLevel
    parent: str | None


class Jurisdiction(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own file."""

    id: StreamId
    name: str
    area: str
    clock: LedgerClock
    areas: dict[str, Area] = {}
    adopted: tuple[PolicyAdopted, ...] = ()


class OpenLedger(Command, frozen=True, kw_only=True):
    """Open the ledger of a jurisdiction (建立台账)."""

    BY: ClassVar[frozenset[Role]] = OPERATORS
    SUBJECT: ClassVar[str] = "Jurisdiction"

    name: str
    area: str
    clock: LedgerClock


class _JurisdictionCommand(Command, frozen=True, kw_only=True):
    """A command on the ledger's own stream."""

    BY: ClassVar[frozenset[Role]] = OPERATORS
    SUBJECT: ClassVar[str] = "Jurisdiction"

    jurisdiction: StreamId

    def streams(self) -> tuple[StreamId, ...]:
        return (self.jurisdiction,)


class EstablishArea(_JurisdictionCommand, frozen=True, kw_only=True):
    """Enter an area with its code, name, level and parent (登记行政区划)."""

    area: str
    name: str
    level: AreaLevel
    parent: str | None = None


class AdoptPolicy(_JurisdictionCommand, frozen=True, kw_only=True):
    """Adopt a version of a programme's rules for this jurisdiction (采用政策文件)."""

    text: str
    in_force_from: date


@decides(OpenLedger)
def open_ledger(state: None, command: OpenLedger, given: Given) -> Events | Refusal:
    """A ledger is opened once, for an area that has a code, with what a verifier must know."""
    if not is_area(command.area):
        return Refusal(
            code="area_malformed",
            rule="an area is named by its code",
            message="Give an area code of 2, 4, 6, 9 or 12 digits.",
        )
    return (
        LedgerOpened(
            name=command.name,
            area=command.area,
            clock=command.clock,
            chain_format="hudang-chain-1",
            algorithms=("sha256", "aes-256-gcm"),
        ),
    )


@decides(EstablishArea)
def establish_area(jurisdiction: Jurisdiction, command: EstablishArea, given: Given) -> Events | Refusal:
    """A code means one area and has the form of one; a parent is known before its children."""
    if not is_area(command.area):
        return Refusal(
            code="area_malformed",
            rule="an area is named by its code",
            message="Give an area code of 2, 4, 6, 9 or 12 digits.",
        )
    known = jurisdiction.areas.get(command.area)
    if known is not None and (known.name, known.level, known.parent) == (
        command.name,
        command.level,
        command.parent,
    ):
        return ()
    if known is not None:
        return Refusal(
            code="area_known",
            rule="an area code means one area",
            message="This code is in use for another name, level or parent.",
        )
    if command.parent is not None and command.parent not in jurisdiction.areas:
        return Refusal(
            code="parent_area_unknown", rule="areas form a tree", message="Enter the parent area first."
        )
    return (
        AreaEstablished(area=command.area, name=command.name, level=command.level, parent=command.parent),
    )


@decides(AdoptPolicy)
def adopt_policy(jurisdiction: Jurisdiction, command: AdoptPolicy, given: Given) -> Events | Refusal:
    """The file must read without error; it is adopted by its hash, once."""
    text = command.text.encode()
    read = read_policy(text)
    if isinstance(read, PolicyErrors):
        return Refusal(
            code="policy_malformed",
            rule="a policy file reads without error",
            message="; ".join(str(error) for error in read.errors),
        )
    adopted = policy_hash(text)
    if any(earlier.policy == adopted for earlier in jurisdiction.adopted):
        return ()
    return (
        PolicyAdopted(
            programme=read.envelope.programme,
            jurisdiction=read.envelope.jurisdiction.code,
            version=read.envelope.version,
            policy=adopted,
            in_force_from=command.in_force_from,
        ),
    )


@evolves(LedgerOpened)
def ledger_opened(state: None, event: LedgerOpened, recorded: Recorded) -> Jurisdiction:
    return Jurisdiction(id=recorded.stream, name=event.name, area=event.area, clock=event.clock)


@evolves(AreaEstablished)
def area_established(jurisdiction: Jurisdiction, event: AreaEstablished, recorded: Recorded) -> Jurisdiction:
    area = Area(code=event.area, name=event.name, level=event.level, parent=event.parent)
    return msgspec.structs.replace(jurisdiction, areas={**jurisdiction.areas, area.code: area})


@evolves(PolicyAdopted)
def policy_adopted(jurisdiction: Jurisdiction, event: PolicyAdopted, recorded: Recorded) -> Jurisdiction:
    return msgspec.structs.replace(jurisdiction, adopted=(*jurisdiction.adopted, event))
