"""Which ids do streams get? `<ledger tag>-<uuid7>`: they sort by the time they were given."""

import secrets
import time
from uuid import UUID

from hudang.domain.values import StreamId


def uuid7(milliseconds: int) -> UUID:
    """RFC 9562 version 7: 48 bits of Unix time in milliseconds, then random bits."""
    bits = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=bits)


def new_stream_id(ledger: str) -> StreamId:
    """An id for a stream about to begin in a ledger."""
    return StreamId(f"{ledger}-{uuid7(time.time_ns() // 1_000_000)}")
