#!/usr/bin/env python3
"""Is an exported ledger, or one household's file, what was sealed? Needs Python 3.11, and nothing of Hudang.

    python verify_hudang.py EXPORT SEALS KEY [KEY ...]

EXPORT is what `hudang export` wrote. SEALS (JSON Lines) and KEY (PEM) are the verifier's own copies, kept
where nobody who could change the ledger could change them. Everything up to the newest seal is proved; later
events are reported as unsealed. docs/chain.md says what is computed here, docs/proof.md what it proves.
Exit code: 0 everything agrees, 1 something does not (the first bad position is named), 2 a file is of no use.
"""

import base64
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256, sha512
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

CHAIN = ("hudang-chain-1", "sha256")
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
ACTOR = ("actor_person", "actor_role", "actor_office")
SHOWN = {"position", "stream", "version", "topic", "command_id", *ACTOR, "happened_on", "recorded_at", "hash"}
HIDDEN = {"position", "mark", "record", "hash"}
EIGHT, DIGEST = (8).to_bytes(4, "big"), (32).to_bytes(4, "big")
MOST_FINDINGS, DIGEST_DIGITS = 100, 64
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)

# Ed25519 (RFC 8032). A point is (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.

PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, PRIME) % PRIME
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % PRIME, (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c, d = 2 * p[3] * q[3] * D % PRIME, 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def times(scalar: int, point: Point) -> Point:
    result = (0, 1, 1, 0)
    while scalar:
        result = add(result, point) if scalar & 1 else result
        point, scalar = add(point, point), scalar >> 1
    return result


def unpack(encoded: bytes) -> Point | None:
    y, sign = int.from_bytes(encoded, "little") % 2**255, encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if y >= PRIME or (x * x - square) % PRIME or (x == 0 and sign):
        return None
    x = x if x % 2 == sign else PRIME - x
    return x, y, 1, x * y % PRIME


def is_signed(public: bytes, said: bytes, signature: bytes) -> bool:
    base, key, r, s = unpack(b"X" + 31 * b"f"), unpack(public), signature[:32], signature[32:]
    if base is None or key is None or len(s) != len(r) or int.from_bytes(s, "little") >= ORDER:
        return False
    k = int.from_bytes(sha512(r + public + said).digest(), "little") % ORDER
    minus_key = (PRIME - key[0], key[1], 1, PRIME - key[3])
    x, y, z, _ = add(times(int.from_bytes(s, "little"), base), times(k, minus_key))
    x, y = x * pow(z, -1, PRIME) % PRIME, y * pow(z, -1, PRIME) % PRIME
    return r == (y | x % 2 << 255).to_bytes(32, "little")


# The fields of docs/chain.md, from the values of a line. What is not in its one form raises ValueError.


def field(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value


def text(value: str | None) -> bytes:
    if value is None:
        return field(None)
    encoded = value.encode()
    return len(encoded).to_bytes(4, "big") + encoded


def integer(value: int) -> bytes:
    if type(value) is not int:
        raise ValueError(value)
    return EIGHT + value.to_bytes(8, "big", signed=True)


@lru_cache(maxsize=1000)
def instant(value: str) -> int:
    if (moment := datetime.fromisoformat(value)).strftime("%Y-%m-%dT%H:%M:%S.%fZ") != value:
        raise ValueError(value)
    return (moment - EPOCH) // MICROSECOND


def digest(value: str) -> bytes:
    if len(value) != DIGEST_DIGITS or bytes.fromhex(value).hex() != value:
        raise ValueError(value)
    return bytes.fromhex(value)


@lru_cache(maxsize=1000)
def author(command: str, *actor: str) -> bytes:
    return field(UUID(command).bytes if str(UUID(command)) == command else None) + b"".join(map(text, actor))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands twice in an object could be read in two ways."""
    if len(said := dict(pairs)) != len(pairs):
        raise ValueError
    return said


decode = json.JSONDecoder(object_pairs_hook=once).decode


def read(line: bytes) -> Any:
    return decode(line.decode())


class Finding(NamedTuple):
    position: int
    what: str


by_position = attrgetter("position")


class Seal(NamedTuple):
    """A signed head; `hash` is what the next seal names as its previous one."""

    position: int
    head: bytes
    sealed_at: str
    previous: bytes | None
    key: str
    said: bytes
    signature: bytes
    hash: bytes


def read_seal(line: dict[str, Any]) -> Seal:
    form = (line["format"], line["algorithm"], line["chain"], line["chain_algorithm"])
    if form != ("hudang-seal-1", "ed25519", *CHAIN):
        raise ValueError(form)
    at, head, signature = line["position"], digest(line["head_hash"]), bytes.fromhex(line["signature"])
    previous = None if line["previous"] is None else digest(line["previous"])
    said = b"".join(map(text, (*form, line["ledger"]))) + integer(at) + field(head)
    said += integer(instant(line["recorded_at"])) + integer(instant(line["sealed_at"]))
    said += field(previous) + text(line["key_id"])
    own_hash = sha256(said + field(signature)).digest()
    return Seal(at, head, line["sealed_at"], previous, line["key_id"], said, signature, own_hash)


def about_seals(inside: list[Seal], brought: list[Seal], keys: dict[str, bytes]) -> Iterator[Finding]:
    """Is each one brought along signed, by a key or by a later seal, and in the file's chain of seals?"""
    vouched: bytes | None = None
    for seal in sorted(brought, key=by_position, reverse=True):
        signed = seal.hash == vouched or (
            seal.key in keys and is_signed(keys[seal.key], seal.said, seal.signature)
        )
        if not signed:
            yield Finding(seal.position, "the seal brought along is not signed by a key brought along")
        if seal not in inside:
            yield Finding(seal.position, "the seal brought along is not among those in the file")
        vouched = seal.previous
    for before, seal in zip([None, *inside], inside, strict=False):
        if seal.previous != (before and before.hash):
            yield Finding(seal.position, "the seal in the file does not follow the one before it")


class Walk:
    """One pass over the positions."""

    def __init__(self, header: dict[str, Any], sealed: dict[int, bytes]) -> None:
        self.stream, self.sealed = header["stream"], sealed
        self.prefix = b"".join(map(text, (*CHAIN, header["ledger"])))
        self.position, self.hash = 0, sha256(self.prefix + text(header["clock"])).digest()
        self.time, self.shown = -(2**63), 0
        self.versions: dict[str, int] = {}

    def over(self, lines: Iterable[bytes]) -> Iterator[Finding]:
        for line in lines:
            expected = self.position + 1
            found: list[str] = []
            try:
                said = read(line)
                at, stored = said["position"], digest(said["hash"])
                look = self.look_at_shown if "stream" in said else self.look_at_hidden
                mark, record = look(said, self.prefix + integer(at), found)
            except UNREADABLE:
                at, stored, mark, record = expected, self.hash, b"", b""
                found = ["the line is not an event of this format"]
            if at != expected:
                yield Finding(min(at, expected), f"position {at} stands where {expected} belongs")
            if stored != sha256(DIGEST + self.hash + DIGEST + mark + DIGEST + record).digest():
                found.append("the event is not the one that was chained")
            if self.sealed.get(at, stored) != stored:
                found.append("the hash is not the one that was sealed")
            yield from (Finding(at, what) for what in found)
            self.position, self.hash = at, stored

    def look_at_shown(self, said: dict[str, Any], place: bytes, found: list[str]) -> tuple[bytes, bytes]:
        """Mark and record digest, from every column."""
        encoded = "payload_base64" in said
        payload = (
            base64.b64decode(said["payload_base64"], validate=True) if encoded else said["payload"].encode()
        )
        if said.keys() - SHOWN != {"payload_base64" if encoded else "payload"}:
            raise ValueError(said.keys())
        stream, version, time = said["stream"], said["version"], instant(said["recorded_at"])
        place += text(stream)
        actor = author(said["command_id"], said["actor_person"], said["actor_role"], said["actor_office"])
        record = place + integer(version) + text(said["topic"]) + actor + text(said["happened_on"])
        record += integer(time) + DIGEST + sha256(payload).digest()
        if self.stream not in (None, stream):
            found.append("the event is not of the household")
        if version != self.versions.get(stream, 0) + 1:
            found.append(f"version {version} is not the next of its stream")
        if time < self.time:
            found.append("recorded before the event ahead of it")
        self.versions[stream], self.time, self.shown = version, time, self.shown + 1
        return sha256(place).digest(), sha256(record).digest()

    def look_at_hidden(self, said: dict[str, Any], place: bytes, found: list[str]) -> tuple[bytes, bytes]:
        """Mark and record digest, which are all that is said of an event that may not be shown."""
        if said.keys() != HIDDEN or self.stream is None:
            raise ValueError(said.keys())
        mark = digest(said["mark"])
        if mark == sha256(place + text(self.stream)).digest():
            found.append("an event of the household is not shown")
        return mark, digest(said["record"])


def unusable(what: str) -> NoReturn:
    """A file that nothing can be said about."""
    sys.stderr.write(f"verify_hudang: {what}\n")
    sys.exit(2)


def read_key(file: str) -> tuple[str, bytes]:
    """The id and the 32 bytes of a public key in PEM."""
    try:
        der = base64.b64decode("".join(Path(file).read_text("ascii").splitlines()[1:-1]), validate=True)
    except (OSError, ValueError):
        unusable(f"the key {file} cannot be read")
    key = der.removeprefix(bytes.fromhex("302a300506032b6570032100"))
    if len(der) - len(key) != len("302a300506032b6570032100") // 2 or len(key) != sha256().digest_size:
        unusable(f"the key {file} is not an Ed25519 public key")
    return sha256(key).hexdigest(), key


def read_brought(file: str, ledger: str) -> list[Seal]:
    try:
        lines = [read(line) for line in Path(file).read_bytes().splitlines()]
        seals = [read_seal(line) for line in lines if line["ledger"] == ledger]
    except (OSError, *UNREADABLE):
        unusable(f"the seals {file} cannot be read")
    if not seals:
        unusable(f"the file {file} holds no seal of ledger {ledger}")
    return seals


def read_start(lines: Iterator[bytes]) -> tuple[dict[str, Any], list[Seal], Iterator[bytes]]:
    """The header, the seals of the same ledger, and the lines of the positions."""
    try:
        header = read(next(lines))
        if (header["format"], header["chain"], header["algorithm"]) != ("hudang-export-1", *CHAIN):
            raise ValueError(header["format"])
        integer(header["positions"]), text(header["ledger"]), text(header["clock"]), text(header["stream"])
        seals: list[Seal] = []
        for line in lines:
            if b'"signature"' not in line or "signature" not in (said := read(line)):
                return header, seals, chain([line], lines)
            seals.append(read_seal(said))
    except (StopIteration, *UNREADABLE):
        unusable("the file is not an export of this format")
    return header, seals, iter(())


def check(export: str, seals: str, *public_keys: str) -> int:
    """Say what is proved and what does not agree."""
    keys = dict(map(read_key, public_keys))
    with Path(export).open("rb") as file:
        header, inside, lines = read_start(iter(file))
        brought = read_brought(seals, header["ledger"])
        sealed = {seal.position: seal.head for seal in [*inside, *brought]}
        walk = Walk(header, sealed)
        findings = [*about_seals(inside, brought, keys), *walk.over(lines)]
    last, newest = walk.position, max(brought, key=by_position)
    if last < max(header["positions"], *sealed):
        findings.append(Finding(last + 1, "the file ends before what it announces or what was sealed"))
    household = f", household {walk.stream}" if walk.stream is not None else ""
    say = [f"ledger {header['ledger']} ({header['clock']} clock){household}: {walk.shown} events of {last}"]
    if findings:
        bad = sorted(set(findings))
        say += [f"does not agree: position {position}: {what}" for position, what in bad[:MOST_FINDINGS]]
        say += [f"{len(bad)} findings; first bad position: {bad[0].position}"]
    else:
        say += [f"sealed: positions 1 to {newest.position} are what was sealed at {newest.sealed_at}"]
        say += ["complete: every event of the household up to there is shown"] if household else []
        say += [f"unsealed: {last - newest.position} positions after that"] if last > newest.position else []
    sys.stdout.write("\n".join([*say, ""]))
    return 1 if findings else 0


if __name__ == "__main__":
    if len(sys.argv) < len(("program", "EXPORT", "SEALS", "KEY")):
        unusable(__doc__ or "")
    try:
        sys.exit(check(*sys.argv[1:]))
    except OSError as error:
        unusable(f"{sys.argv[1]} cannot be read: {error.strerror}")
