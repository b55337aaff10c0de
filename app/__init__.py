"""How does a person start Hudang (户档)? Command line, settings, embedded database and wiring."""

__version__ = "0.1.0"
