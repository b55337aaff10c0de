"""Area codes: which divisions hold an area?"""

import pytest

from hudang.domain.values import Area, is_area, jurisdictions


class TestAnAreaCode:
    @pytest.mark.parametrize("code", ["43", "4303", "430304", "430304001", "430304001001"])
    def test_has_the_length_of_its_level(self, code: str) -> None:
        assert is_area(code)

    @pytest.mark.parametrize("code", ["", "4", "430", "43030400", "4303040010011", "43030A", "\uff14\uff13"])
    def test_of_another_form_is_none(self, code: str) -> None:
        assert not is_area(code)
        with pytest.raises(ValueError, match="area code"):
            jurisdictions(Area(code))


class TestJurisdictions:
    def test_are_named_nearest_first(self) -> None:
        assert jurisdictions(Area("430304001001")) == ("430304001001", "430304001", "430304", "4303", "43")
        assert jurisdictions(Area("43")) == ("43",)

    @pytest.mark.parametrize(
        ("code", "nearest"),
        [
            ("430304000000", "430304"),
            ("430304001000", "430304001"),
            ("430000", "43"),
            ("430300000000", "4303"),
        ],
    )
    def test_leave_zero_filling_out(self, code: str, nearest: str) -> None:
        assert jurisdictions(Area(code))[0] == nearest
