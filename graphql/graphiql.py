"""Where does one try operations in a browser? On the GraphiQL page; without its scripts, on a plain form.

GraphiQL's own scripts come from outside; where they cannot be reached the page says so and still works. The
token is read from the address (`#token=...`), which never reaches a server, or asked for.
"""

from functools import cache
from pathlib import Path

from strawberry.http.ides import get_graphql_ide_html

_PARTS = Path(__file__).parent


@cache
def page() -> str:
    """The page, as HTML."""
    form = (_PARTS / "graphiql_form.html").read_text(encoding="utf-8")
    token = (_PARTS / "graphiql_token.html").read_text(encoding="utf-8")
    html = get_graphql_ide_html("graphiql").replace("Strawberry GraphiQL", "Hudang 户档 GraphiQL")
    return html.replace("<head>", f"<head>{token}", 1).replace("</body>", f"{form}</body>", 1)
