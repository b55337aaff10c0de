"""Which command was asked for? The `hudang` command line."""


def main() -> int:
    """Run one command."""
    return 0
