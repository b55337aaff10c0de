"""How is a paper referred to? By what it is and by the digest of its scan, never by its content."""

import re

import msgspec

from hudang.domain.decision import Refusal

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper in the file: its kind (申请书, 签到表 …), the SHA-256 of its scan in hex, its pages."""

    kind: str
    sha256: str
    pages: int = 1


def refuse_unreadable(papers: tuple[Evidence, ...]) -> Refusal | None:
    """Every paper must be named and carry a well-formed digest and page count."""
    for paper in papers:
        if not paper.kind or not _SHA256.fullmatch(paper.sha256) or paper.pages < 1:
            return Refusal(
                code="evidence_malformed",
                rule="evidence is referred to by SHA-256, kind and pages",
                message="Give the paper's kind, the SHA-256 of its scan in 64 hex digits, and its pages.",
            )
    return None
