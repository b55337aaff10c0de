"""What do the documents say that can be checked: code blocks, commands, names and links?"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
REMARK = re.compile(r"\s+# .*$")
ELLIPSIS = "…"


@dataclass(frozen=True)
class Document:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without its code blocks."""
        return FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The code blocks of a language."""
        return [body for found, body in FENCE.findall(self.text) if found == language]

    @property
    def command_lines(self) -> list[str]:
        """Every line of its shell blocks, continued lines joined and remarks left out."""
        joined = "\n".join(self.blocks("sh")).replace("\\\n", " ")
        lines = (REMARK.sub("", line).strip() for line in joined.split("\n"))
        return [" ".join(line.split()) for line in lines if line and not line.startswith("#")]

    @property
    def names(self) -> list[str]:
        """What stands in code marks in its prose."""
        return CODE.findall(self.prose)

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """What a link may name after #."""
        return {anchor(heading) for heading in HEADING.findall(self.prose)}

    def hudang_arguments(self) -> Iterator[list[str]]:
        """The arguments of every `hudang` that it shows, in shell blocks and in its prose."""
        shown = [*self.command_lines, *(name for name in self.names if name.startswith("hudang "))]
        for line in shown:
            for part in re.split(r"&&|\||;", line):
                words = shlex.split(part)
                if words[:2] == ["uv", "run"]:
                    words = words[2:]
                if words[:1] == ["hudang"] and ELLIPSIS not in part:
                    yield words[1:]


def anchor(heading: str) -> str:
    """The name that a heading gets in a link."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def documents(repository: Path) -> list[Document]:
    """Every document of the repository."""
    paths = [*repository.glob("*.md"), *(repository / "docs").rglob("*.md")]
    return [Document(path, path.read_text(encoding="utf-8")) for path in sorted(paths)]
