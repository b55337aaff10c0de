from pathlib import Path

import pytest

from hudang.domain.roles import Role
from hudang.graphql.authentication import (
    TokenFileError,
    authenticator,
    bearer_token,
    read_tokens,
    token_digest,
)

ENTRY = """
[[tokens]]
sha256 = "{digest}"
person = "staff-17"
role = "township_clerk"
office = "430304001"
ledgers = ["L0001"]
"""


class TestATokenFile:
    def test_tells_whose_a_token_is(self, tmp_path: Path) -> None:
        path = tmp_path / "tokens.toml"
        path.write_text(ENTRY.format(digest=token_digest("secret").upper()), encoding="utf-8")

        authenticate = authenticator(read_tokens(path))

        known = authenticate("secret")
        assert known is not None
        assert (known.actor.person, known.actor.role, known.ledgers) == (
            "staff-17",
            Role.TOWNSHIP_CLERK,
            frozenset({"L0001"}),
        )
        assert authenticate("guess") is None
        assert authenticate("") is None

    @pytest.mark.parametrize(
        "text",
        ["tokens = 1", "[[tokens]]", ENTRY.replace("township_clerk", "chief"), "{", ENTRY + "more = 1"],
    )
    def test_that_does_not_read_says_what_an_entry_has(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "tokens.toml"
        path.write_text(text, encoding="utf-8")

        with pytest.raises(TokenFileError, match="sha256"):
            read_tokens(path)

    def test_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(TokenFileError):
            read_tokens(tmp_path / "missing.toml")


class TestABearerToken:
    @pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc"])
    def test_is_read_in_any_case(self, header: str) -> None:
        assert bearer_token(header) == "abc"

    @pytest.mark.parametrize(
        "header", [None, "", "Bearer", "Basic abc", "Bearer a b", "xBearer abc", "Bearer ä"]
    )
    def test_is_not_found_elsewhere(self, header: str | None) -> None:
        assert bearer_token(header) is None
