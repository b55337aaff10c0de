"""Which bytes does a ledger hold for each version of each event? The golden corpus, in `corpus/`.

A file for each version, `<event>.v<number>.json`, with one stored event a line: one for each value of its
codes, and one with nothing in it that may be left out. `SHA256SUMS` has the digest of every line. Lines are
added, never changed: `python -m tests.ledger.golden` from the top folder adds what is missing, and no more.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Event
from hudang.domain.former import version_of
from hudang.domain.month import Month
from hudang.domain.personal import Sealed
from hudang.domain.values import CaseId, PersonId, StreamId
from hudang.ledger import codec
from tests.ledger import shapes

CORPUS: Final = Path(__file__).with_name("corpus")
SUMS: Final = CORPUS / "SHA256SUMS"


def file_of(topic: str) -> Path:
    """Where the samples of a version are."""
    name, number = version_of(topic)
    return CORPUS / f"{name}.v{number}.json"


def topic_of(file: Path) -> str:
    """The topic whose samples a file has."""
    name, _, number = file.name.removesuffix(".json").rpartition(".v")
    return name if number == "1" else f"{name}.v{number}"


def files() -> list[Path]:
    return sorted(CORPUS.glob("*.json"))


def lines(file: Path) -> list[bytes]:
    """The stored events of a file."""
    return file.read_bytes().splitlines() if file.exists() else []


def sums(file: Path) -> Iterator[str]:
    """The lines of SHA256SUMS that a file has by what is in it."""
    for number, line in enumerate(lines(file), start=1):
        yield f"{sha256(line).hexdigest()}  {file.name}:{number}"


def committed_sums() -> list[str]:
    return SUMS.read_text(encoding="utf-8").splitlines() if SUMS.exists() else []


def missing() -> Mapping[str, list[bytes]]:
    """The samples that events of today should have and have not, by topic."""
    return {
        topic: added
        for topic, event in sorted(EVENTS.items())
        if (added := [sample for sample in samples(event) if sample not in lines(file_of(topic))])
    }


def samples(event: type[Event]) -> list[bytes]:
    """Stored events of a type: the same every time."""
    fullest = [codec.encode(_value(event, "", turn)) for turn in range(_turns(event))]
    return list(dict.fromkeys([*fullest, codec.encode(_value(event, "", None))]))


def _turns(kind: Any) -> int:
    """How many samples show every value of every code in a type, and every shape that it may have."""
    kind = shapes.bare(kind)
    arguments = _members(kind) if shapes.is_union(kind) else get_args(kind)
    inner = [_turns(argument) for argument in arguments if argument is not Ellipsis]
    if shapes.is_union(kind):
        return max([len(arguments), *inner])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return len(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not Sealed:
        inner = [_turns(hint) for hint in shapes.hints(kind).values()]
    return max(inner, default=1)


def _members(union: Any) -> list[Any]:
    """What a union may hold; a personal value is sealed, and nothing is left for the sparsest sample."""
    if shapes.PERSONAL & set(get_args(union)):
        return [Sealed]
    return [member for member in get_args(union) if member is not type(None)]


def _value(kind: Any, name: str, turn: int | None) -> Any:
    """A value of a type, for a field of that name. Without a turn it is the sparsest there is."""
    if kind in _IDS:
        return kind(_IDS[kind].format(turn or 0))
    kind, number = shapes.bare(kind), turn or 0
    if shapes.is_union(kind):
        if turn is None and type(None) in get_args(kind):
            return None
        members = _members(kind)
        return _value(members[number % len(members)], name, turn)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        return () if turn is None else (_value(item, name, turn), _value(item, name, turn + 1))
    if get_origin(kind) is dict:
        by, item = get_args(kind)
        return {} if turn is None else {_value(by, name, turn): _value(item, name, turn)}
    if kind is Sealed:
        at = f"L0001-00000000-0000-7000-8000-000000000001:1:{name}"
        return Sealed(of=PersonId(_IDS[PersonId].format(number)), at=at, box="AAECAwQFBgcICQoLDA0=")
    if issubclass(kind, Enum):
        return list(kind)[number % len(kind)]
    if issubclass(kind, msgspec.Struct):
        return kind(**{field: _value(hint, field, turn) for field, hint in shapes.hints(kind).items()})
    return _plain(kind, name, number)


_IDS: Final[dict[Any, str]] = {
    StreamId: "L0001-00000000-0000-7000-8000-0000000001{:02}",
    PersonId: "L0001-00000000-0000-7000-8000-0000000002{:02}",
    CaseId: "00000000-0000-5000-8000-0000000003{:02}",
}


def _plain(kind: type, name: str, number: int) -> Any:
    """Visibly invented, and another one for each turn."""
    day = date(2013, 3, 1) + timedelta(days=number)
    plain: dict[type, Any] = {
        str: f"测试 {name} {number}",
        int: 100 * number,
        bool: number % 2 == 0,
        date: day,
        datetime: datetime(day.year, day.month, day.day, 1, tzinfo=UTC),
        Month: Month.of(day) + number,
    }
    return plain[kind]


def add_missing() -> None:
    """Add the samples that are missing, and their digests."""
    CORPUS.mkdir(exist_ok=True)
    known = set(committed_sums())
    for topic, added in missing().items():
        file = file_of(topic)
        before = len(lines(file))
        file.write_bytes(b"".join(line + b"\n" for line in [*lines(file), *added]))
        known.update(list(sums(file))[before:])
    SUMS.write_text("".join(f"{entry}\n" for entry in sorted(known, key=_by_place)), encoding="utf-8")


def _by_place(entry: str) -> tuple[str, int]:
    file, _, number = entry.split("  ", 1)[1].rpartition(":")
    return file, int(number)


if __name__ == "__main__":
    add_missing()
