"""What does docker-compose.yml say? Read with the few forms of YAML that the file keeps to.

Mappings, lists, plain and double-quoted text, lists in brackets, and text blocks under `|`. Anything else is
an error: a file that this reads means the same to every reader of YAML.
"""

import json
import re
from typing import Any

PAIR = re.compile(r"^([A-Za-z_][\w.-]*):(?: (.+))?$")
PLAIN = re.compile(r"^[^\s\"'\[\]{}&*!|>%@`#-][^#]*$")

Lines = list[tuple[int, str]]


class NotInTheFormError(Exception):
    """A line in a form that the file does not use."""


def read(text: str) -> Any:
    """The value of the whole file."""
    lines = [(len(line) - len(line.lstrip(" ")), line.strip()) for line in text.split("\n")]
    value, rest = block([line for line in lines if line[1] and not line[1].startswith("#")], 0)
    if rest:
        raise NotInTheFormError(rest[0][1])
    return value


def block(lines: Lines, indent: int) -> tuple[Any, Lines]:
    """The value that begins here at this indentation, and the lines after it."""
    if not lines or lines[0][0] < indent:
        return None, lines
    if lines[0][0] > indent:
        raise NotInTheFormError(lines[0][1])
    return sequence(lines, indent) if lines[0][1].startswith("- ") else mapping(lines, indent)


def sequence(lines: Lines, indent: int) -> tuple[list[Any], Lines]:
    """A list, one entry a line."""
    found = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        value, lines = scalar(lines[0][1][2:], lines[1:], indent)
        found.append(value)
    return found, lines


def mapping(lines: Lines, indent: int) -> tuple[dict[str, Any], Lines]:
    """Names with their values; a name stands once."""
    found: dict[str, Any] = {}
    while lines and lines[0][0] == indent:
        pair = PAIR.match(lines[0][1])
        if pair is None or pair[1] in found:
            raise NotInTheFormError(lines[0][1])
        if pair[2] is None:
            found[pair[1]], lines = block(lines[1:], indent + 2)
        else:
            found[pair[1]], lines = scalar(pair[2], lines[1:], indent)
    return found, lines


def scalar(text: str, rest: Lines, indent: int) -> tuple[Any, Lines]:
    """A value on its line, or the block of text that follows."""
    if text == "|":
        end = next((at for at, (deep, _) in enumerate(rest) if deep <= indent), len(rest))
        return "".join(f"{line}\n" for _, line in rest[:end]), rest[end:]
    if text[0] in '["':
        return json.loads(text), rest
    if not PLAIN.match(text) or ": " in text:
        raise NotInTheFormError(text)
    return {"true": True, "false": False}.get(text, text), rest
