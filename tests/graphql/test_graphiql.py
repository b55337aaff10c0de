from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from hudang.graphql.graphiql import EXAMPLE, Console
from tests.graphql.api import Api

ROOT = Path(__file__).parents[2]
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ELSEWHERE = re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""")
LOADED = re.compile(r'(?:src|href)="([^"#]+)"')


def shown(console: Console) -> TestClient:
    """A client of the page alone."""

    async def page(_: object) -> Response:
        return console.page()

    return TestClient(Starlette(routes=[Route("/graphql", page), *console.routes()]))


@pytest.fixture
def form(tmp_path: Path) -> Iterator[TestClient]:
    """The page where GraphiQL is not built."""
    with shown(Console(tmp_path)) as client:
        yield client


@pytest.fixture
def graphiql(tmp_path: Path) -> Iterator[TestClient]:
    """The page where something is built in GraphiQL's place."""
    for name in ("console.js", "console.css", "licenses.txt", "private.pem"):
        (tmp_path / name).write_text(f"/* {name} */", encoding="utf-8")
    with shown(Console(tmp_path)) as client:
        yield client


def policy(client: TestClient) -> dict[str, str]:
    """What the page may load, by kind."""
    text = client.get("/graphql").headers["content-security-policy"]
    return dict(part.strip().split(" ", 1) for part in text.split(";"))


@pytest.fixture(params=["form", "graphiql"])
def either(request: pytest.FixtureRequest) -> TestClient:
    """Both pages, one after the other."""
    client: TestClient = request.getfixturevalue(request.param)
    return client


class TestEitherPage:
    def test_loads_from_this_server_only(self, either: TestClient) -> None:
        page = either.get("/graphql").text
        loaded = [name for name in LOADED.findall(page) if not name.startswith("data:")]

        assert ELSEWHERE.search(page) is None
        assert loaded
        assert [either.get(f"/{name}").status_code for name in loaded] == [200] * len(loaded)

    def test_holds_no_script_of_its_own(self, either: TestClient) -> None:
        page = either.get("/graphql").text

        assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == [""]
        assert re.search(r"\son\w+=|javascript:", page) is None

    def test_may_speak_to_this_server_only(self, either: TestClient) -> None:
        allowed = policy(either)

        assert allowed["default-src"] == "'none'"
        assert allowed["script-src"] == allowed["connect-src"] == "'self'"
        assert {source for sources in allowed.values() for source in sources.split()} <= {
            "'none'",
            "'self'",
            "data:",
            "'unsafe-inline'",
        }

    def test_is_neither_kept_nor_framed(self, either: TestClient) -> None:
        headers = either.get("/graphql").headers

        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert policy(either)["frame-ancestors"] == "'none'"

    def test_begins_with_the_example(self, either: TestClient) -> None:
        assert "query History($id: ID!)" in either.get("/graphql").text

    def test_gives_its_files_with_their_type_and_only_when_changed(self, either: TestClient) -> None:
        name = next(name for name in LOADED.findall(either.get("/graphql").text) if name.endswith(".js"))
        first = either.get(f"/{name}")
        again = either.get(f"/{name}", headers={"if-none-match": first.headers["etag"]})

        assert first.headers["content-type"] == "text/javascript; charset=utf-8"
        assert first.headers["x-content-type-options"] == "nosniff"
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("name", ["package.json", "..%2fhttp.py", "%2e%2e/http.py", "private.pem", "a/b"])
    def test_gives_nothing_else(self, either: TestClient, name: str) -> None:
        assert either.get(f"/graphql/static/{name}").status_code == 404


class TestTheForm:
    def test_says_what_is_missing_and_how_to_build_it(self, form: TestClient) -> None:
        page = form.get("/graphql").text

        assert "GraphiQL is not built into this installation" in page
        assert "<code>make graphiql</code>" in page

    @pytest.mark.parametrize("part", ["token", "query", "variables", "operation", "run", "answer"])
    def test_has_every_part_that_its_script_uses(self, form: TestClient, part: str) -> None:
        assert f'id="{part}"' in form.get("/graphql").text
        assert f'part("{part}")' in form.get("/graphql/static/plain.js").text

    def test_allows_no_style_but_its_file(self, form: TestClient) -> None:
        assert policy(form)["style-src"] == "'self'"
        assert "style=" not in form.get("/graphql").text

    def test_keeps_the_token_in_the_tab(self, form: TestClient) -> None:
        script = form.get("/graphql/static/api.js").text

        assert "sessionStorage" in script
        assert "localStorage" not in script
        assert "cookie" not in script


class TestTheExample:
    def test_fits_the_schema(self) -> None:
        schema = build_schema((ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8"))

        assert validate(schema, parse(EXAMPLE.read_text(encoding="utf-8"))) == []


class TestTheBuild:
    def test_takes_locked_packages_and_names_no_host(self) -> None:
        lock = (ROOT / "graphql" / "console" / "package-lock.json").read_text(encoding="utf-8")

        assert '"resolved"' not in lock
        assert lock.count('"integrity"') > 50

    def test_is_part_of_the_api_for_a_browser_only(self, standing_api: Api) -> None:
        page = standing_api.client.get("/graphql", headers=BROWSER)
        other = standing_api.client.get("/graphql", headers={"accept": "*/*"})

        assert page.headers["content-type"].startswith("text/html")
        assert other.status_code == 401
