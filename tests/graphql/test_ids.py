import pytest

from hudang.domain.values import CaseId, StreamId
from hudang.graphql import ids
from hudang.graphql.errors import ClientError
from hudang.graphql.ids import IdError, Kind
from hudang.graphql.marks import marking_with
from hudang.graphql.nodes import read_cursor, write_cursor


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

    def test_changed_anywhere_is_refused(self) -> None:
        given = ids.write(Kind.HOUSEHOLD, "L0001-1")
        changed = [
            given[:place] + ("A" if letter != "A" else "B") + given[place + 1 :]
            for place, letter in enumerate(given)
        ]

        for text in changed:
            with pytest.raises(IdError):
                ids.read_any(text)

    def test_of_another_installation_is_refused(self) -> None:
        with marking_with(b"\x06" * 32):
            foreign = ids.write(Kind.HOUSEHOLD, "L0001-1")

        with pytest.raises(IdError):
            ids.read_any(foreign)

    def test_is_the_same_each_time(self) -> None:
        assert ids.write(Kind.HOUSEHOLD, "L0001-1") == ids.write(Kind.HOUSEHOLD, "L0001-1")


class TestACursor:
    def test_leads_to_where_it_stood(self) -> None:
        assert read_cursor("households", write_cursor("households", "测-001"), (str,)) == ("测-001",)

    def test_of_another_list_is_refused(self) -> None:
        with pytest.raises(ClientError) as refused:
            read_cursor("roster", write_cursor("households", "测-001"), (str,))

        assert refused.value.extensions == {"code": "BAD_CURSOR"}

    def test_is_no_id_and_an_id_no_cursor(self) -> None:
        with pytest.raises(IdError):
            ids.read_any(write_cursor("id", "Household:L0001-1"))
        with pytest.raises(ClientError):
            read_cursor("", ids.write(Kind.HOUSEHOLD, "L0001-1"), (str,))
