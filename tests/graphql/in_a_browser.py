"""Does the page work in a real browser, and does it speak to this server only? With GraphiQL and without.

Needs Chromium, Node and `make graphiql`, so it is not one of the tests that always run: `make browser`.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
import uvicorn

from hudang.domain.roles import Role
from hudang.graphql.graphiql import BUILT, Console
from hudang.graphql.http import create_app
from tests.graphql.api import token_of
from tests.graphql.dibao import Dibao

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "build" / "graphiql"
PICTURES = ROOT / "build" / "pictures"
VISIT = Path(__file__).with_suffix(".mjs")
PATIENCE_S = 120


@contextmanager
def served(dibao: Dibao, console: Console) -> Iterator[str]:
    """The address of the API with this page, on a free port of this machine."""
    context = replace(dibao.api.context, threads=anyio.CapacityLimiter(4), waiting=anyio.CapacityLimiter(4))
    server = uvicorn.Server(
        uvicorn.Config(create_app(context, console), log_config=None, access_log=False, lifespan="off")
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def visit(origin: str, pictures: Path) -> dict[str, Any]:
    """What the browser saw."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert browser is not None, "Chromium is not installed"
    pictures.mkdir(parents=True, exist_ok=True)
    told = subprocess.run(
        ["node", VISIT, PACKAGES, browser, f"{origin}/graphql", token_of(Role.TOWNSHIP_CLERK), pictures],
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert told.returncode == 0, told.stderr.decode()
    seen: dict[str, Any] = json.loads(told.stdout)
    return seen


def stayed_at_home(seen: dict[str, Any], origin: str) -> None:
    """Nothing was asked of anybody else, nothing was refused by the policy, nothing stays after the tab."""
    assert seen["errors"] == []
    assert seen["violations"] == []
    assert [url for url in seen["requests"] if not url.startswith((f"{origin}/", "data:", "blob:"))] == []
    assert seen["kept"]["local"] == []
    assert "hudang-token" in seen["kept"]["tab"]
    assert seen["cookies"] == []


class TestThePage:
    def test_is_graphiql_where_it_is_built(self, decided: Dibao) -> None:
        with served(decided, Console(BUILT)) as origin:
            seen = visit(origin, PICTURES)

        stayed_at_home(seen, origin)
        assert seen["graphiql"]
        assert "测-001" in seen["answer"]
        assert "A household's file (户档)." in seen["documentation"]

    def test_is_a_form_where_it_is_not(self, decided: Dibao, tmp_path: Path) -> None:
        with served(decided, Console(tmp_path)) as origin:
            seen = visit(origin, PICTURES)

        stayed_at_home(seen, origin)
        assert not seen["graphiql"]
        assert "make graphiql" in seen["note"]
        edges = seen["answer"]["data"]["household"]["history"]["edges"]
        assert edges[0]["node"]["what"]["zh"]


@pytest.fixture(autouse=True)
def built() -> None:
    """What the tests look at is there."""
    assert (BUILT / "console.js").is_file(), "make graphiql comes first"
