"""What does one policy file say: which programme, for which area, in force when, and value by value?

One file is one version of one programme at one level. It may state any part of the rules, and call any
value `unknown`. A file that cannot be read names every error, each with its place.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec

from hudang.domain.case import CaseKind, Step
from hudang.domain.policy_tables import PolicyError, Table, TomlValue, errors_in, table_at
from hudang.domain.policy_terms import Basis, RecordType, Rules
from hudang.domain.values import Area, is_area

_UNKNOWN: Final = "unknown"
_MARKS: Final = ("article", "basis")
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]+")


class Level(StrEnum):
    """Whose rules they are."""

    NATION = "nation"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"


_CODE_LENGTHS: Final = {
    Level.NATION: 0,
    Level.PROVINCE: 2,
    Level.PREFECTURE: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
}


class Jurisdiction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The area whose rules the file states; the nation has no code."""

    level: Level
    name: str
    code: str = ""


class AppliesTo(StrEnum):
    """What must fall into the interval for the file to apply."""

    ACCEPTED = "accepted"  # 受理日
    DECIDED = "decided"  # 审批日
    MONTHS = "months"  # 待遇所属月份


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First and last day in force, both included; without a last day, until something replaces it."""

    first: date = msgspec.field(name="from")
    last: date | None = msgspec.field(name="to", default=None)
    applies_to: AppliesTo

    def holds(self, day: date) -> bool:
        """Whether the day lies in the interval."""
        return self.first <= day and (self.last is None or day <= self.last)


class Pending(StrEnum):
    """Which rule a case follows that was pending when the rules changed."""

    OLD_RULE = "old_rule"
    NEW_RULE = "new_rule"
    BETTER_OF_BOTH = "better_of_both"


class Transition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to pending cases and to past months when the file takes effect."""

    pending: Pending
    retroactive: bool


class Status(StrEnum):
    """Whether the file is law yet, or no more. A repealed file still decides the cases of its own time."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    REPEALED = "repealed"


class Currency(StrEnum):
    """The currency of all amounts, which are in whole fen."""

    CNY = "CNY"


class WorkingDays(StrEnum):
    """The table that tells working days from holidays."""

    CHINA = "china"


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose rules, on what, in force when; `published` is None if no source says when."""

    programme: str
    title: str
    document: str
    version: str
    status: Status
    published: date | None
    currency: Currency
    calendar: WorkingDays
    jurisdiction: Jurisdiction
    effective: Interval
    transition: Transition


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a value stands: the file's hash, its document, the article, and how far to trust it."""

    hash: str
    document: str
    article: str
    basis: Basis


class Value(msgspec.Struct, frozen=True):
    """One stated value, None if the file says that it is unknown, and where it stands."""

    value: TomlValue
    source: Source


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True):
    """A readable policy file: its hash, its envelope, and its values by path ("survey.min_surveyors").

    `stated` is never changed after reading.
    """

    hash: str
    envelope: Envelope
    stated: Mapping[str, Value]

    def binds(self, programme: str, areas: tuple[Area, ...], on: date) -> bool:
        """Whether the file is law for the programme on that day in one of these nested areas."""
        own = self.envelope
        return (
            own.programme == programme
            and own.status is not Status.DRAFT
            and own.effective.holds(on)
            and (own.jurisdiction.level is Level.NATION or own.jurisdiction.code in areas)
        )


class PolicyErrors(msgspec.Struct, frozen=True):
    """Why a text is not a policy file: every error, not only the first."""

    errors: tuple[PolicyError, ...]


def policy_hash(text: bytes) -> str:
    """The version id of a policy file, recorded in each decision under it: "sha256:" and 64 hex digits."""
    return f"sha256:{sha256(text).hexdigest()}"


def read_policy(text: bytes) -> PolicyFile | PolicyErrors:
    """Read one TOML policy file, or say everything that is wrong with it."""
    try:
        document = _without_unknowns(tomllib.loads(text.decode("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return PolicyErrors(
            (PolicyError(where="file", expected="a TOML document in UTF-8", found=str(error)),)
        )
    envelope = {name: value for name, value in document.items() if name in Envelope.__struct_fields__}
    rules = {name: value for name, value in document.items() if name not in envelope}
    errors = (
        *errors_in(Envelope, envelope, "", complete=True),
        *errors_in(Rules, rules, ""),
    )
    return PolicyErrors(errors) if errors else _consistent(policy_hash(text), envelope, rules)


def _consistent(digest: str, envelope: Table, rules: Table) -> PolicyFile | PolicyErrors:
    """The file, if what it says fits together."""
    own = msgspec.convert(envelope, Envelope)
    errors = (*_envelope_errors(own), *_names_errors(rules), *_article_errors(rules), *_share_errors(rules))
    if errors:
        return PolicyErrors(errors)
    source = Source(hash=digest, document=own.document, article="", basis=Basis.RULE)
    return PolicyFile(hash=digest, envelope=own, stated=dict(_values(rules, "", source)))


def _without_unknowns(table: Table) -> Table:
    """The same table with None for every value that the file calls unknown."""
    return {
        name: _without_unknowns(value) if isinstance(value, dict) else None if value == _UNKNOWN else value
        for name, value in table.items()
    }


def _values(table: Table, path: str, around: Source) -> Iterator[tuple[str, Value]]:
    """Every value by its path; a table without marks of its own stands where the table around it stands."""
    source = msgspec.structs.replace(
        around,
        article=table.get("article", around.article),
        basis=Basis(table.get("basis", around.basis)),
    )
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _values(value, f"{path}{name}.", source)
        elif name not in _MARKS:
            yield f"{path}{name}", Value(value, source)


def _envelope_errors(own: Envelope) -> Iterator[PolicyError]:
    place = own.jurisdiction
    length = _CODE_LENGTHS[place.level]
    if len(place.code) != length or (place.code and not is_area(place.code)):
        yield PolicyError(
            where="jurisdiction.code",
            expected=f"the {length} digits of a {place.level}" if length else "no code for the nation",
            found=repr(place.code),
        )
    if own.effective.last is not None and own.effective.last < own.effective.first:
        yield PolicyError(
            where="effective.to", expected=f"{own.effective.first} or later", found=str(own.effective.last)
        )


def _names_errors(rules: Table) -> Iterator[PolicyError]:
    """Tables that the file names itself: cases, steps, notice rounds and everything else."""
    procedures = table_at(rules, "procedures")
    yield from _foreign(procedures, "procedures", [kind.value for kind in CaseKind])
    for kind in procedures:
        steps = table_at(procedures[kind], "steps")
        yield from _foreign(steps, f"procedures.{kind}.steps", [step.value for step in Step])
    yield from _foreign(table_at(rules, "notices"), "notices", ["1", "2", "3"])
    yield from _foreign(table_at(rules, "retention"), "retention", [kind.value for kind in RecordType])
    for block in ("papers", "review", "prepayments"):
        for name in table_at(rules, block):
            if not _NAME.fullmatch(name):
                yield PolicyError(where=block, expected="names of letters, digits, - and _", found=repr(name))


def _foreign(table: Table, path: str, names: list[str]) -> Iterator[PolicyError]:
    for name in table:
        if name not in names:
            yield PolicyError(where=path, expected=f"one of {', '.join(names)}", found=repr(name))


def _article_errors(table: Table, path: str = "", *, known: bool = False) -> Iterator[PolicyError]:
    """A value that does not say where it stands may not be used to decide."""
    cited = known or bool(table.get("article"))
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _article_errors(value, f"{path}{name}.", known=cited)
        elif not cited:
            yield PolicyError(
                where=f"{path}{name}", expected="an article in this table or one around it", found="none"
            )


def _share_errors(table: Table, path: str = "") -> Iterator[PolicyError]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _share_errors(value, f"{path}{name}.")
    whole: Any = table.get("denominator")
    part: Any = table.get("numerator")
    if whole is not None and part is not None and part > whole:
        yield PolicyError(
            where=path.removesuffix("."), expected="a share of at most one", found=f"{part}/{whole}"
        )
