"""What can go wrong in the ledger's storage that a caller may want to catch?"""
# ruff: noqa: N818 -- what a caller answers (a conflict, a held claim) is named for what happened

from __future__ import annotations


class LedgerError(Exception):
    """The ledger could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class CommandReused(LedgerError):
    """This command id was already used for a different request."""


class VersionConflict(LedgerError):
    """A stream has moved on since it was read; load it again and decide again."""

    def __init__(self, stream: str) -> None:
        super().__init__()
        self.stream = stream


class ClaimHeld(LedgerError):
    """Somebody else holds this claim."""

    def __init__(self, claim: str, stream: str) -> None:
        super().__init__()
        self.claim = claim
        self.stream = stream


class UnknownLedger(LedgerError):
    """No ledger of this tag has been opened in this database."""


class ClockBehind(LedgerError):
    """The clock is more than five seconds behind the newest event; set it right, then ask again."""


class ClockMisuse(LedgerError):
    """Only a ledger opened with a simulated clock takes its time from the caller, and it always does."""


class IdentityTaken(LedgerError):
    """This identity already belongs to another person of the ledger."""

    def __init__(self, person: str) -> None:
        super().__init__()
        self.person = person


class PersonErased(LedgerError):
    """This person's data were erased; nothing can be sealed for them any more."""

    def __init__(self, person: str) -> None:
        super().__init__()
        self.person = person


class ErasureNotRecorded(LedgerError):
    """No erasure of this person is recorded, so their key stays."""


class MasterKeyChanged(LedgerError):
    """The master key was changed meanwhile; whoever seals must have the new one."""


class StoreUnavailable(LedgerError):
    """The ledger's database does not answer, or not in time; nothing of this request was recorded."""


class OutcomeUnknown(StoreUnavailable):
    """The connection broke while recording; ask again with the same command id to learn the outcome."""


class SchemaIsNewer(LedgerError):
    """The database was migrated by a newer Hudang; this one must not touch it."""


class UnsuitableDatabase(LedgerError):
    """The database is not encoded in UTF-8, so the chain could not be computed in it."""


class SchemaIsOlder(LedgerError):
    """The database has an older schema; run `hudang migrate` as its administrator."""


class HeadDisagrees(LedgerError):
    """The head of a ledger is not its newest event, so nothing is recorded; see `hudang verify`."""


class ChainBroken(LedgerError):
    """An event does not follow from the ones before it; run `hudang verify` to see what is wrong."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"The event at position {position} is not the one that was chained; run `hudang verify`."
        )
        self.position = position


class SealOutdated(LedgerError):
    """Somebody else sealed the ledger meanwhile."""
