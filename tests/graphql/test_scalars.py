from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain.month import Month
from hudang.domain.values import Fen
from hudang.graphql.scalars import (
    LARGEST_EXACT,
    SCALARS,
    parse_day,
    parse_fen,
    parse_instant,
    parse_month,
    parse_position,
    parse_uuid,
    write_day,
    write_instant,
    write_whole,
)

CANARY = "6222021234567890123"


class TestAScalar:
    @pytest.mark.parametrize("scalar", SCALARS.values(), ids=lambda scalar: scalar.name)
    @pytest.mark.parametrize(
        "value",
        [
            CANARY,
            int(CANARY),
            float(CANARY),
            True,
            None,
            [CANARY],
            {"a": CANARY},
            "",
            "2013-5",
            "2013-02-30",
            "NaN",
        ],
        ids=repr,
    )
    def test_refuses_without_repeating(self, scalar: Any, value: object) -> None:
        with pytest.raises(GraphQLError) as refused:
            scalar.parse_value(value)

        assert CANARY not in refused.value.message

    @given(st.integers(-LARGEST_EXACT, LARGEST_EXACT))
    def test_keeps_money_exact(self, amount: int) -> None:
        assert write_whole(parse_fen(amount)) == Fen(amount)

    @given(st.dates())
    def test_keeps_days(self, day: date) -> None:
        assert parse_day(write_day(day)) == day

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_keeps_moments(self, moment: datetime) -> None:
        assert parse_instant(write_instant(moment)) == moment

    def test_reads_what_it_writes(self) -> None:
        assert parse_month("2013-05") == Month(2013, 5)
        assert parse_position(0) == 0
        assert (
            str(parse_uuid("9C5B94B1-35AD-49BB-B118-8E8FC24ABF80")) == "9c5b94b1-35ad-49bb-b118-8e8fc24abf80"
        )

    @pytest.mark.parametrize("value", [2**53, -(2**53), 1.0, "1", True])
    def test_refuses_money_that_would_not_stay_exact(self, value: object) -> None:
        with pytest.raises(GraphQLError):
            parse_fen(value)

    @pytest.mark.parametrize(
        ("write", "value"),
        [
            (write_whole, 1.5),
            (write_whole, 2**60),
            (write_whole, True),
            (write_day, datetime(2013, 1, 1, tzinfo=UTC)),
            (write_instant, "2013-01-01"),
        ],
    )
    def test_does_not_write_what_it_is_not(self, write: Any, value: object) -> None:
        with pytest.raises(TypeError):
            write(value)
