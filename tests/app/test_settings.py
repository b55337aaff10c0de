"""Does a flag win over the environment, and the environment over what is built in?"""

import argparse
from pathlib import Path

import pytest

from hudang.settings import Settings, SettingsError, add_address_arguments, add_data_argument, read_settings


def settings(*arguments: str, **environment: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_data_argument(parser)
    add_address_arguments(parser)
    return read_settings(parser.parse_args(arguments), environment)


class TestReadingTheSettings:
    def test_listens_on_this_machine_alone_unless_told_otherwise(self) -> None:
        assert settings().host == "127.0.0.1"
        assert settings().port == 8000

    def test_keeps_data_in_the_folder_of_the_user_unless_told_otherwise(self) -> None:
        assert settings().data.is_absolute()
        assert settings().data.name == "hudang"

    def test_takes_the_environment_before_what_is_built_in(self) -> None:
        found = settings(HUDANG_DATA="/srv/office", HUDANG_HOST="0.0.0.0", HUDANG_PORT="0")

        assert (found.data, found.host, found.port) == (Path("/srv/office"), "0.0.0.0", 0)

    def test_takes_a_flag_before_the_environment(self) -> None:
        found = settings("--data", "/srv/flag", "--port", "9000", HUDANG_DATA="/srv/office", HUDANG_PORT="1")

        assert (found.data, found.port) == (Path("/srv/flag"), 9000)

    def test_takes_an_empty_variable_for_one_that_is_not_set(self) -> None:
        assert settings(DATABASE_URL="").database_url is None

    def test_keeps_the_master_key_beside_the_data_unless_told_otherwise(self) -> None:
        assert settings("--data", "/srv/flag").master_key == Path("/srv/flag/master.key")
        assert settings(HUDANG_MASTER_KEY_FILE="/run/secrets/key").master_key == Path("/run/secrets/key")

    @pytest.mark.parametrize("port", ["eighty", "-1", "65536", "80.5"])
    def test_refuses_what_is_no_port(self, port: str) -> None:
        with pytest.raises(SettingsError, match="a number from 0 to 65535"):
            settings(HUDANG_PORT=port)

    def test_gives_a_request_ten_seconds_unless_told_otherwise(self) -> None:
        assert settings().request_seconds == 10
        assert settings(HUDANG_REQUEST_SECONDS="30").request_seconds == 30

    @pytest.mark.parametrize("seconds", ["soon", "0", "-1", "0.5", "601"])
    def test_refuses_what_is_no_time_for_a_request(self, seconds: str) -> None:
        with pytest.raises(SettingsError, match="a number from 1 to 600"):
            settings(HUDANG_REQUEST_SECONDS=seconds)

    def test_refuses_a_migration_login_without_a_service_login(self) -> None:
        with pytest.raises(SettingsError, match="set both, or neither"):
            settings(DATABASE_ADMIN_URL="postgresql:///hudang")

    def test_never_shows_the_addresses_of_the_database(self) -> None:
        found = settings(
            DATABASE_URL="postgresql://u:secret@/x", DATABASE_ADMIN_URL="postgresql://a:secret@/x"
        )

        assert "secret" not in repr(found)
