"""What went wrong that the person at the keyboard can mend?"""


class UserError(Exception):
    """The message is one line, for the person who gave the command; no traceback is shown."""
