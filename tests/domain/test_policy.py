"""Policies: files of several levels, read and put together for an area and a day."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain import policy as policy_module
from hudang.domain.case import CaseKind, Step
from hudang.domain.decision import Refusal
from hudang.domain.month import Month
from hudang.domain.policy import (
    Policy,
    PolicyFile,
    Register,
    UnknownParameter,
    read_policy,
    resolve,
)
from hudang.domain.policy_terms import Basis, NoticeField, Recusal, Remedy, VoteForm
from hudang.domain.values import Area, Fen

POLICIES = Path(policy_module.__file__).parent / "policies" / "cn"
COMMUNITY = Area("430304001001")
ELSEWHERE = Area("110105001001")
APPLICATION, RECHECK = CaseKind.APPLICATION, CaseKind.RECHECK
MARCH = date(2013, 3, 1)

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


def packaged(*names: str) -> tuple[PolicyFile, ...]:
    return tuple(readable((POLICIES / f"{name}.toml").read_bytes()) for name in names)


def readable(text: bytes) -> PolicyFile:
    file = read_policy(text)
    assert isinstance(file, PolicyFile), file
    return file


def written(rules: str, envelope: str = ENVELOPE) -> PolicyFile:
    return readable((envelope + rules).encode())


NATION_2012, NATION_2021, COUNTY = packaged("dibao-2012", "dibao-2021", "430304/dibao-2013")


def resolved(*files: PolicyFile, area: Area = COMMUNITY, on: date = MARCH) -> Policy:
    policy = resolve(files, "dibao", area, on)
    assert isinstance(policy, Policy), policy
    return policy


def names(policy: Policy, kind: CaseKind, *, campaign: bool = False, objected: bool = False) -> list[str]:
    return [rule.name for rule in policy.steps(kind, campaign=campaign, objected=objected)]


class TestTheRulesOf2012:
    policy = resolved(NATION_2012, COUNTY)

    def test_order_the_steps_of_an_application(self) -> None:
        assert names(self.policy, APPLICATION) == [
            "acceptance",
            "consent",
            "cross_check",
            "survey",
            "appraisal",
            "opinion",
            "notice_1",
            "proposal",
            "notice_2",
            "decision",
            "notification",
        ]

    def test_appraise_a_recheck_in_an_annual_review_only(self) -> None:
        assert names(self.policy, RECHECK) == ["survey", "opinion", "decision", "notification"]
        assert names(self.policy, RECHECK, campaign=True) == [
            "survey",
            "appraisal",
            "opinion",
            "decision",
            "notification",
        ]

    @pytest.mark.parametrize(
        ("step", "last_day"),
        [
            (Step.SURVEY, date(2013, 3, 15)),
            (Step.APPRAISAL, date(2013, 3, 8)),
            (Step.PROPOSAL, date(2013, 3, 8)),
            (Step.DECISION, date(2013, 3, 6)),
            (Step.NOTIFICATION, date(2013, 3, 4)),
            (Step.OPINION, None),
        ],
    )
    def test_limit_steps_in_working_or_calendar_days(self, step: Step, last_day: date | None) -> None:
        assert self.policy.deadline(APPLICATION, step, MARCH) == last_day

    def test_set_no_limit_to_the_whole_case_nor_to_a_step_they_lack(self) -> None:
        assert self.policy.whole_case_deadline(APPLICATION, MARCH) is None
        assert self.policy.step(RECHECK, Step.PROPOSAL) is None
        assert self.policy.deadline(RECHECK, Step.PROPOSAL, MARCH) is None

    def test_cite_the_article_of_each_step(self) -> None:
        survey = self.policy.step(APPLICATION, Step.SURVEY)

        assert survey is not None
        assert survey.article == "18"

    def test_ask_for_papers_and_two_surveyors(self) -> None:
        assert self.policy.papers == ("申请书", "身份证", "户口本", "授权书", "收入证明")
        assert self.policy.min_surveyors == 2
        assert self.policy.proposer_must_differ_from_approver

    def test_hang_both_notices_for_seven_days(self) -> None:
        assert self.policy.notice_last_day(1, MARCH) == date(2013, 3, 8)
        assert self.policy.notice_last_day(2, MARCH) == date(2013, 3, 8)

    def test_show_the_members_and_the_amount_in_the_second_notice(self) -> None:
        second = self.policy.notice(2)

        assert not isinstance(second, Refusal)
        assert second.fields == (NoticeField.APPLICANT_NAME, NoticeField.MEMBERS, NoticeField.AMOUNT)

    def test_have_no_third_notice(self) -> None:
        third = self.policy.notice(3)

        assert isinstance(third, Refusal)
        assert third.code == "no_such_notice"

    def test_decide_an_objection_in_twenty_working_days_and_give_notice_again(self) -> None:
        assert self.policy.objection_decide_by(MARCH) == date(2013, 3, 29)
        assert not isinstance(self.policy.objection, Refusal)
        assert self.policy.objection.renotice
        assert self.policy.objection.remedies == (Remedy.RESURVEY,)

    @pytest.mark.parametrize(
        ("household_class", "register", "months"),
        [
            ("A", Register.URBAN, 12),
            ("A", Register.RURAL, 12),
            ("B", Register.URBAN, 6),
            ("B", Register.RURAL, 6),
            ("C", Register.URBAN, 1),
            ("C", Register.RURAL, 3),
        ],
    )
    def test_recheck_by_class(self, household_class: str, register: Register, months: int) -> None:
        assert self.policy.review_interval(household_class, register) == months

    def test_recheck_on_the_same_day_or_the_months_last(self) -> None:
        assert self.policy.review_due_on("B", Register.URBAN, date(2013, 8, 31)) == date(2014, 2, 28)
        assert self.policy.review_due_on("C", Register.URBAN, date(2013, 12, 15)) == date(2014, 1, 15)

    def test_know_no_other_class(self) -> None:
        outcome = self.policy.review_interval("D", Register.URBAN)

        assert isinstance(outcome, UnknownParameter)
        assert outcome.path == "review.D"
        assert self.policy.review_due_on("D", Register.URBAN, MARCH) == outcome

    def test_start_and_change_with_the_month_after_the_decision(self) -> None:
        assert self.policy.start_month(date(2013, 4, 3)) == Month(2013, 5)
        assert self.policy.month_of_effect(date(2013, 12, 31)) == Month(2014, 1)

    def test_pay_by_the_tenth(self) -> None:
        assert not isinstance(self.policy.payment, Refusal)
        assert self.policy.payment.pay_by_day == 10

    def test_send_the_county_to_every_relative_and_to_three_in_ten(self) -> None:
        assert not isinstance(self.policy.relatives, Refusal)
        assert not isinstance(self.policy.sampling, Refusal)
        assert self.policy.relatives.county_visit_required
        assert not self.policy.sampling.share.reached_by(2, 7)
        assert self.policy.sampling.share.reached_by(3, 10)


class TestTheAppraisalOfTheCounty:
    policy = resolved(NATION_2012, COUNTY)

    def test_joins_the_nations_composition_with_local_quorum(self) -> None:
        rule = self.policy.appraisal

        assert not isinstance(rule, Refusal)
        assert rule.representatives_share.reached_by(8, 12)
        assert not rule.representatives_share.reached_by(7, 12)
        assert rule.min_attendance == 9
        assert rule.vote_forms == (VoteForm.SHOW_OF_HANDS, VoteForm.SECRET_BALLOT)
        assert rule.recusal == (Recusal.APPLICANT, Recusal.RELATIVES)

    def test_needs_the_signature_of_everybody_present(self) -> None:
        rule = self.policy.appraisal

        assert not isinstance(rule, Refusal)
        assert rule.signatures_needed(11) == 11

    def test_passes_on_more_than_half_of_the_votes_cast(self) -> None:
        rule = self.policy.appraisal

        assert not isinstance(rule, Refusal)
        assert rule.passes(5, 4, present=12)
        assert not rule.passes(5, 5, present=12)
        assert not rule.passes(0, 0, present=12)

    def test_is_unknown_where_no_county_says_more(self) -> None:
        rule = resolved(NATION_2012, area=ELSEWHERE).appraisal

        assert isinstance(rule, UnknownParameter)
        assert rule.path == "appraisal.min_attendance"


class TestPuttingLevelsTogether:
    def test_takes_each_value_from_the_nearest_jurisdiction(self) -> None:
        township = written('[notices.1.length]\narticle = "3"\nn = 10\nunit = "working_day"')
        policy = resolved(NATION_2012, COUNTY, township)

        assert policy.notice_last_day(1, MARCH) == date(2013, 3, 15)
        assert policy.notice_last_day(2, MARCH) == date(2013, 3, 8)
        assert policy.hashes == (NATION_2012.hash, COUNTY.hash, township.hash)

    def test_says_where_each_value_stands(self) -> None:
        township = written('[notices.1.length]\narticle = "3"\nn = 10')
        policy = resolved(NATION_2012, COUNTY, township)

        length, unit = policy.source("notices.1.length.n"), policy.source("notices.1.length.unit")
        line = policy.source("benefit.line.fen_per_person_month")

        assert length is not None
        assert unit is not None
        assert line is not None
        assert (length.hash, length.document, length.article) == (township.hash, "测试〔2013〕1号", "3")
        assert (unit.hash, unit.article) == (NATION_2012.hash, "25")
        assert (line.hash, line.basis) == (COUNTY.hash, Basis.INVENTED)
        assert policy.source("notices.9.length.n") is None

    def test_cites_in_a_rule_the_nearest_that_states_part_of_it(self) -> None:
        township = written('[notices.1]\narticle = "3"\nplaces = ["township_board"]')
        notice = resolved(township, COUNTY, NATION_2012).notice(1)

        assert not isinstance(notice, Refusal)
        assert notice.article == "3"
        assert notice.length.article == "25"

    def test_does_not_depend_on_the_order_of_the_files(self) -> None:
        assert resolved(COUNTY, NATION_2012) == resolved(NATION_2012, COUNTY)

    def test_leaves_other_counties_alone(self) -> None:
        assert resolved(NATION_2012, COUNTY, area=ELSEWHERE).hashes == (NATION_2012.hash,)

    def test_reads_a_zero_filled_code_as_the_area_it_names(self) -> None:
        assert resolved(NATION_2012, COUNTY, area=Area("430304000000")).hashes == (
            NATION_2012.hash,
            COUNTY.hash,
        )

    def test_lets_an_unknown_hide_what_is_known_farther_away(self) -> None:
        township = written('[notices.1.length]\narticle = "3"\nn = "unknown"')
        outcome = resolved(NATION_2012, COUNTY, township).notice(1)

        assert isinstance(outcome, UnknownParameter)
        assert outcome.path == "notices.1.length.n"

    def test_refuses_when_no_file_binds(self) -> None:
        outcome = resolve((COUNTY,), "dibao", ELSEWHERE, MARCH)

        assert isinstance(outcome, Refusal)
        assert outcome.code == "no_policy_in_force"

    def test_refuses_two_versions_of_one_level(self) -> None:
        outcome = resolve((NATION_2012, COUNTY, written(""), written("")), "dibao", COMMUNITY, MARCH)

        assert isinstance(outcome, Refusal)
        assert outcome.code == "policies_overlap"

    def test_refuses_without_a_procedure(self) -> None:
        outcome = resolve((COUNTY,), "dibao", COMMUNITY, MARCH)

        assert isinstance(outcome, UnknownParameter)
        assert outcome.path == "procedures.application.order"

    def test_refuses_a_procedure_with_a_step_that_no_file_describes(self) -> None:
        township = written('[procedures.recheck]\narticle = "1"\norder = ["survey", "proposal"]')
        outcome = resolve((NATION_2012, COUNTY, township), "dibao", COMMUNITY, MARCH)

        assert isinstance(outcome, UnknownParameter)
        assert outcome.path == "procedures.recheck.steps.proposal"

    def test_ignores_drafts_and_other_programmes(self) -> None:
        draft = written("", ENVELOPE.replace("in_force", "draft"))
        other = written("", ENVELOPE.replace('"dibao"', '"temporary-assistance"'))

        assert resolved(NATION_2012, COUNTY, draft, other).hashes == (NATION_2012.hash, COUNTY.hash)


class TestOldAndNewRulesSideBySide:
    def test_the_day_of_acceptance_chooses(self) -> None:
        last_day, first_day = date(2021, 6, 30), date(2021, 7, 1)
        files = (NATION_2012, NATION_2021)

        assert resolved(*files, area=ELSEWHERE, on=last_day).hashes == (NATION_2012.hash,)
        assert resolved(*files, area=ELSEWHERE, on=first_day).hashes == (NATION_2021.hash,)

    @given(st.dates(date(2012, 12, 12), date(2040, 1, 1)))
    def test_exactly_one_is_in_force_every_day(self, day: date) -> None:
        assert len(resolved(NATION_2012, NATION_2021, area=ELSEWHERE, on=day).hashes) == 1

    def test_before_2012_neither_is(self) -> None:
        outcome = resolve((NATION_2012, NATION_2021), "dibao", ELSEWHERE, date(2012, 12, 11))

        assert isinstance(outcome, Refusal)

    def test_2021_has_one_notice_and_appraises_only_after_an_objection(self) -> None:
        policy = resolved(NATION_2021, area=ELSEWHERE, on=date(2021, 7, 1))

        assert names(policy, APPLICATION) == [
            "acceptance",
            "consent",
            "cross_check",
            "survey",
            "opinion",
            "notice_1",
            "decision",
            "notification",
        ]
        assert "appraisal" in names(policy, APPLICATION, objected=True)
        assert isinstance(policy.notice(2), Refusal)
        assert policy.objection_decide_by(date(2021, 7, 1)) is None

    def test_2021_limits_the_whole_case(self) -> None:
        policy = resolved(NATION_2021, area=ELSEWHERE, on=date(2021, 7, 1))
        monday = date(2021, 7, 5)

        assert policy.whole_case_deadline(APPLICATION, monday) == monday + timedelta(weeks=6)
        assert policy.whole_case_deadline(APPLICATION, monday, extended=True) == monday + timedelta(weeks=9)
        assert policy.deadline(APPLICATION, Step.DECISION, monday) == monday + timedelta(weeks=2)

    def test_2021_rechecks_less_often(self) -> None:
        policy = resolved(NATION_2021, area=ELSEWHERE, on=date(2021, 7, 1))

        assert policy.review_interval("B", Register.URBAN) == 12
        assert policy.review_interval("C", Register.RURAL) == 6


class TestWhatIsUnknown:
    policy = resolved(NATION_2012, area=ELSEWHERE)

    def test_is_refused_with_the_path_that_is_missing(self) -> None:
        outcome = self.policy.monthly_benefit(persons=1, income_fen=Fen(0))

        assert isinstance(outcome, UnknownParameter)
        assert outcome.code == "unknown_parameter"
        assert outcome.path == "benefit.line.fen_per_person_month"
        assert outcome.path in outcome.message

    def test_period_is_refused_too(self) -> None:
        outcome = self.policy.supplement_due_on(MARCH)

        assert isinstance(outcome, UnknownParameter)
        assert outcome.path == "supplement.within.n"
        assert resolved(NATION_2012, COUNTY).supplement_due_on(MARCH) == date(2013, 3, 15)

    def test_holidays_are_a_refusal_of_their_own(self) -> None:
        outcome = self.policy.deadline(APPLICATION, Step.SURVEY, date(2090, 1, 2))

        assert isinstance(outcome, Refusal)
        assert outcome.code == "holidays_unknown"


class TestThePrepaymentOf2013:
    policy = resolved(NATION_2012, COUNTY)

    def test_pays_two_months_before_spring_festival(self) -> None:
        rules = self.policy.prepayments

        assert not isinstance(rules, Refusal)
        assert [rule.name for rule in rules] == ["spring-festival-2013"]
        assert rules[0].months == (Month(2013, 1), Month(2013, 2))
        assert rules[0].pay_before == date(2013, 2, 10)
        assert rules[0].basis is Basis.REPORT

    def test_adds_300_yuan_a_person(self) -> None:
        supplement = self.policy.prepayment_supplement("spring-festival-2013", persons=78)

        assert not isinstance(supplement, Refusal)
        assert supplement.result_fen == 2_340_000

    def test_of_another_name_is_unknown(self) -> None:
        outcome = self.policy.prepayment_supplement("mid-autumn", persons=1)

        assert isinstance(outcome, UnknownParameter)
        assert outcome.path == "prepayments.mid-autumn"

    def test_is_not_ordered_elsewhere(self) -> None:
        assert resolved(NATION_2012, area=ELSEWHERE).prepayments == ()
