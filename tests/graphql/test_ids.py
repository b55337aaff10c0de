import pytest

from hudang.domain.values import CaseId, StreamId
from hudang.graphql import ids
from hudang.graphql.ids import IdError, Kind


class TestAnId:
    def test_comes_back_as_it_was_given(self) -> None:
        given = ids.write(Kind.HOUSEHOLD, "L0001-1")

        assert ids.read(given, Kind.HOUSEHOLD).stream == StreamId("L0001-1")
        assert ids.read(given, Kind.HOUSEHOLD).ledger == "L0001"

    def test_of_a_case_leads_to_its_household(self) -> None:
        found = ids.read(ids.write_case(StreamId("L0001-1"), CaseId("c")), Kind.CASE)

        assert (found.stream, found.case) == ("L0001-1", "c")

    def test_of_another_kind_is_refused(self) -> None:
        with pytest.raises(IdError):
            ids.read(ids.write(Kind.MEETING, "L0001-1"), Kind.HOUSEHOLD)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "!",
            "SG91",
            "SG91c2Vob2xk",
            "L0001-1",
            "6222021234567890123",
            "é",
            "Zm9vOmJhcg",
            "SG91c2Vob2xkOg",
            "A" * 999,
        ],
    )
    def test_that_the_api_never_gave_is_refused_without_repeating_it(self, text: str) -> None:
        with pytest.raises(IdError) as refused:
            ids.read_any(text)

        assert len(text) < 8 or text not in refused.value.message

    def test_spelled_in_another_way_is_refused(self) -> None:
        with pytest.raises(IdError):
            ids.read_any(ids.write(Kind.HOUSEHOLD, "L0001-1") + "=")
