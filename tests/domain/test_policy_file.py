"""Policy files: read whole, or refused with every error and its place."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain import policy as policy_module
from hudang.domain.policy import PolicyErrors, PolicyFile, policy_hash, read_policy

POLICIES = Path(policy_module.__file__).parent / "policies" / "cn"

ENVELOPE = """
programme = "dibao"
title = "测试办法"
document = "测试〔2013〕1号"
version = "test"
status = "in_force"
published = "unknown"
currency = "CNY"
calendar = "china"
jurisdiction = { level = "township", code = "430304001", name = "测试街道" }
effective = { from = 2013-01-01, applies_to = "accepted" }
transition = { pending = "old_rule", retroactive = false }
"""


def errors(text: str) -> dict[str, str]:
    outcome = read_policy(text.encode())
    assert isinstance(outcome, PolicyErrors)
    return {error.where: error.expected for error in outcome.errors}


class TestReadingAFile:
    def test_is_named_by_the_hash_of_its_bytes(self) -> None:
        text = (POLICIES / "dibao-2012.toml").read_bytes()

        outcome = read_policy(text)

        assert policy_hash(text) == f"sha256:{hashlib.sha256(text).hexdigest()}"
        assert isinstance(outcome, PolicyFile)
        assert outcome.hash == policy_hash(text)

    @pytest.mark.parametrize("path", sorted(POLICIES.rglob("*.toml")), ids=lambda path: path.stem)
    def test_that_is_packaged_finds_no_error(self, path: Path) -> None:
        assert isinstance(read_policy(path.read_bytes()), PolicyFile)

    def test_names_every_error_with_its_place_and_what_was_expected(self) -> None:
        found = errors(
            ENVELOPE.replace('status = "in_force"', 'status = "valid"').replace('version = "test"', "")
            + """
            [survey]
            article = "18"
            min_surveyors = 0
            [benefit]
            article = "27"
            kind = "gap_payment"
            tiers = 3
            line = { fen_per_person_month = 650.5 }
            [appraisal]
            article = "22"
            representatives_share = "two thirds"
            vote_forms = ["show_of_hands", "shouting"]
            [prepayments.spring]
            article = "1"
            months = ["2013-1"]
            [surprise]
            """
        )

        assert found == {
            "status": "one of draft, in_force, repealed",
            "version": "text",
            "survey.min_surveyors": "a whole number and at least 1",
            "benefit.tiers": "one of article, basis, kind, line, rounding",
            "benefit.line.fen_per_person_month": "a whole number and at least 0",
            "appraisal.representatives_share": "a table",
            "appraisal.vote_forms": "a list, each one of show_of_hands, secret_ballot",
            "prepayments.spring.months": 'a list, each a month like "2013-05"',
            "surprise": found["surprise"],
        }
        assert found["surprise"].startswith("one of appraisal, benefit,")

    def test_refuses_a_number_that_does_not_say_where_it_stands(self) -> None:
        assert errors(ENVELOPE + "[survey]\nmin_surveyors = 2") == {
            "survey.min_surveyors": "an article in this table or one around it"
        }

    def test_refuses_a_code_that_does_not_fit_the_level(self) -> None:
        assert errors(ENVELOPE.replace("430304001", "430304")) == {
            "jurisdiction.code": "the 9 digits of a township"
        }
        assert errors(ENVELOPE.replace('"township"', '"nation"')) == {
            "jurisdiction.code": "no code for the nation"
        }

    def test_refuses_an_end_before_its_beginning(self) -> None:
        assert errors(ENVELOPE.replace("from = 2013-01-01", "from = 2013-01-01, to = 2012-12-31")) == {
            "effective.to": "2013-01-01 or later"
        }

    def test_refuses_a_share_above_one(self) -> None:
        rules = '[sampling]\narticle = "26"\nshare = { numerator = 4, denominator = 3 }'

        assert errors(ENVELOPE + rules) == {"sampling.share": "a share of at most one"}

    def test_refuses_steps_cases_and_rounds_that_nobody_knows(self) -> None:
        rules = """
        [procedures.application.steps.handshake]
        article = "1"
        by = ["auditor"]
        [procedures.banquet]
        article = "1"
        [notices.final]
        article = "1"
        [review."A.1"]
        article = "1"
        """

        assert set(errors(ENVELOPE + rules)) == {
            "procedures.application.steps",
            "procedures",
            "notices",
            "review",
        }

    def test_refuses_a_table_called_unknown(self) -> None:
        rules = '[procedures.recheck.steps.survey]\narticle = "32"\nby = ["auditor"]\ndeadline = "unknown"'

        assert errors(ENVELOPE + rules) == {"procedures.recheck.steps.survey.deadline": "a table"}

    def test_refuses_an_envelope_that_does_not_know_its_programme(self) -> None:
        assert errors(ENVELOPE.replace('"dibao"', '"unknown"')) == {"programme": "text"}

    def test_accepts_unknown_for_any_rule(self) -> None:
        outcome = read_policy((ENVELOPE + '[survey]\narticle = "18"\nmin_surveyors = "unknown"').encode())

        assert isinstance(outcome, PolicyFile)
        assert outcome.stated["survey.min_surveyors"].value is None

    @pytest.mark.parametrize("text", [b"\xff", b"programme = ", b"[a]\n[a]"])
    def test_that_is_no_toml_is_one_error(self, text: bytes) -> None:
        outcome = read_policy(text)

        assert isinstance(outcome, PolicyErrors)
        assert [error.where for error in outcome.errors] == ["file"]

    @given(st.binary(max_size=60))
    def test_never_raises_on_any_bytes(self, text: bytes) -> None:
        assert isinstance(read_policy(text), PolicyErrors)
