"""How does the API refer to a paper? By its kind, the digest of its scan and its pages."""

from hudang.domain import evidence
from hudang.graphql.described import output


@output("A paper in the file, by kind and the SHA-256 of its scan (材料).")
class Evidence:
    """A paper in the file."""

    kind: str
    sha256: str
    pages: int

    @classmethod
    def of(cls, paper: evidence.Evidence) -> "Evidence":
        return cls(kind=paper.kind, sha256=paper.sha256, pages=paper.pages)
