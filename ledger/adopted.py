"""Which rules bind an area on a day in this ledger? Only those whose file it adopted by hash."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from hudang.domain.decision import Refusal
from hudang.domain.jurisdiction import PolicyAdopted
from hudang.domain.policy import Policy, PolicyErrors, PolicyFile, read_policy, resolve
from hudang.domain.values import Area
from hudang.ledger.errors import LedgerError
from hudang.ledger.store import Store


class PolicyFileMissingError(LedgerError):
    """A policy file that this ledger adopted is not in the database, or does not read."""


class AdoptedPolicies:
    """Policy files by hash, and the policies resolved from them; both never change, so both are kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._resolved = lru_cache(maxsize=4096)(self._resolve)
        self._files: dict[str, PolicyFile] = {}

    def find(self, adopted: Sequence[PolicyAdopted], programme: str, area: str, on: date) -> Policy | Refusal:
        """The rules of a programme that bind an area on a day, or why there are none."""
        hashes = tuple(
            adoption.policy
            for adoption in adopted
            if adoption.programme == programme and adoption.in_force_from <= on
        )
        if not hashes:
            return Refusal(
                code="no_policy_adopted",
                rule="a decision names the policy it was made under",
                message=f"This ledger has adopted no rules of {programme} in force on {on}.",
            )
        return self._resolved(hashes, programme, area, on)

    def by_hashes(self, hashes: Sequence[str], programme: str, area: str, on: date) -> Policy | Refusal:
        """The rules that a recorded decision was made under: what replay computes with."""
        return self._resolved(tuple(hashes), programme, area, on)

    def _resolve(self, hashes: tuple[str, ...], programme: str, area: str, on: date) -> Policy | Refusal:
        return resolve([self._file(policy) for policy in hashes], programme, Area(area), on)

    def _file(self, policy: str) -> PolicyFile:
        if policy not in self._files:
            text = self._store.policy_file(policy)
            read = read_policy(text) if text is not None else None
            if read is None or isinstance(read, PolicyErrors):
                raise PolicyFileMissingError(f"The policy file {policy} is missing or does not read.")
            self._files[policy] = read
        return self._files[policy]
