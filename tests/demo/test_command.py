"""Where does the demo keep its data, and does it leave other people's alone?"""

import argparse
from pathlib import Path
from uuid import UUID

import pytest

from hudang.demo.command import DemoDataError, clock_of, settings_for
from hudang.domain.decision import Actor
from hudang.domain.jurisdiction import LedgerClock, OpenLedger
from hudang.domain.roles import Role
from hudang.service import open_service
from hudang.settings import Settings, default_data
from tests.demo.conftest import quietly


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set but what the test says."""
    for name in ("DATABASE_URL", "DATABASE_ADMIN_URL", "HUDANG_DATA"):
        monkeypatch.delenv(name, raising=False)


def arguments(*, serve: bool = False, data: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(serve=serve, data=data)


class TestTheData:
    def test_are_gone_afterwards(self) -> None:
        with settings_for(arguments()) as settings:
            folder = settings.data
            assert folder.is_dir()

        assert not folder.exists()

    def test_are_kept_to_be_served(self) -> None:
        with settings_for(arguments(serve=True)) as settings:
            assert settings.data == default_data() / "demo"

    def test_are_where_they_were_asked_for(self, tmp_path: Path) -> None:
        with settings_for(arguments(data=str(tmp_path))) as settings:
            assert settings.data == tmp_path

    def test_outlive_the_demo_with_a_database_that_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The key that opens the names in it must not be thrown away."""
        monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere.invalid/hudang")

        with settings_for(arguments()) as settings:
            assert settings.data == default_data() / "demo"

    def test_of_another_ledger_are_left_alone(self, tmp_path: Path) -> None:
        with open_service(Settings(data=tmp_path), quietly) as service:
            service.casebook.open_ledger(
                "L0001",
                OpenLedger(name="测试区", area="430304", clock=LedgerClock.SERVER),
                actor=Actor(person="测试管理员", role=Role.OPERATOR, office="430304"),
                command_id=UUID(int=1),
            )

            with pytest.raises(DemoDataError):
                clock_of(service)
