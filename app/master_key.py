"""Where is this installation's master key? In a file, made at the first start, or in the environment."""

from hudang.ledger.master_keys import (
    KeySource,
    MasterKeyError,
    MasterKeys,
    make_master_keys,
    parse_master_keys,
)
from hudang.settings import Settings
from hudang.user_error import UserError

VARIABLE = "HUDANG_MASTER_KEY"


def master_key_source(settings: Settings) -> KeySource:
    """How the keys are looked up; from a file they are read anew each time, so a rotation is noticed."""
    text = settings.master_key_text
    if text is not None:
        keys = _or_user_error(settings, lambda: parse_master_keys(text, VARIABLE))
        return lambda: keys
    return lambda: _or_user_error(settings, lambda: make_master_keys(settings.master_key))


def _or_user_error(settings: Settings, look_up: KeySource) -> MasterKeys:
    try:
        return look_up()
    except (MasterKeyError, OSError) as error:
        where = VARIABLE if settings.master_key_text is not None else str(settings.master_key)
        raise UserError(f"The master key in {where} cannot be used: {error}") from error
