"""What does `python -m hudang` do? The same as `hudang`."""

import sys

from hudang.cli import main

if __name__ == "__main__":
    sys.exit(main())
