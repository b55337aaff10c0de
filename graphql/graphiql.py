"""Where does one try operations in a browser? On the GraphiQL page; without its scripts, on a plain form.

GraphiQL's own scripts come from outside; where they cannot be reached the page says so and still works. The
token is read from the address (`#token=...`), which never reaches a server, or asked for.
"""

from functools import cache
from typing import Final

from strawberry.http.ides import get_graphql_ide_html

_TOKEN: Final = """
    <meta charset="utf-8" />
    <script>
      // Every request of this page carries the token of the person at the screen.
      (function () {
        const named = new URLSearchParams(location.hash.slice(1)).get("token");
        if (named) {
          sessionStorage.setItem("hudang-token", named);
          history.replaceState(null, "", location.pathname + location.search);
        }
        window.hudangToken = function () {
          let token = sessionStorage.getItem("hudang-token");
          if (!token) {
            token = window.prompt("Token (令牌):") || "";
            if (token) sessionStorage.setItem("hudang-token", token);
          }
          return token;
        };
        const send = window.fetch.bind(window);
        window.fetch = function (address, options) {
          const sent = new URL(address, location.href);
          const ours = sent.origin === location.origin && sent.pathname === location.pathname;
          if (!ours) return send(address, options);
          const headers = new Headers((options || {}).headers);
          if (!headers.has("authorization")) headers.set("authorization", "Bearer " + window.hudangToken());
          return send(address, Object.assign({}, options, { headers: headers })).then(function (answer) {
            if (answer.status === 401) sessionStorage.removeItem("hudang-token");
            return answer;
          });
        };
      })();
    </script>
"""
"""Stands first in the page, so that every request it makes carries the token."""

_FORM: Final = """
    <form id="plain" hidden style="margin: 1em; font: 14px sans-serif">
      <p>GraphiQL's scripts cannot be reached (GraphiQL 脚本无法加载); this form works without them.</p>
      <textarea id="operation" rows="18" cols="100">{ ledger { name now head } }</textarea><br />
      <textarea id="variables" rows="6" cols="100" placeholder='{"variable": "value"}'></textarea><br />
      <button>Run (执行)</button>
      <pre id="answer"></pre>
    </form>
    <script>
      if (!window.GraphiQL) {
        document.getElementById("graphiql").hidden = true;
        document.body.style.overflow = "auto";
        const form = document.getElementById("plain");
        const part = function (id) { return document.getElementById(id); };
        form.hidden = false;
        form.addEventListener("submit", function (event) {
          event.preventDefault();
          Promise.resolve()
            .then(function () {
              return fetch(location.pathname, {
                method: "POST",
                headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
                body: JSON.stringify({
                  query: part("operation").value,
                  variables: JSON.parse(part("variables").value || "{}"),
                }),
              });
            })
            .then(function (answer) { return answer.json(); })
            .then(function (body) { part("answer").textContent = JSON.stringify(body, null, 2); })
            .catch(function (error) { part("answer").textContent = String(error); });
        });
      }
    </script>
"""
"""Stands last, and shows itself where GraphiQL is missing."""


@cache
def page() -> str:
    """The page, as HTML."""
    html = get_graphql_ide_html("graphiql").replace("Strawberry GraphiQL", "Hudang 户档 GraphiQL")
    return html.replace("<head>", f"<head>{_TOKEN}", 1).replace("</body>", f"{_FORM}</body>", 1)
