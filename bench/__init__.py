"""What does it cost, beside what nobody could do for less? `python -m bench NAME` (docs/performance.md)."""
