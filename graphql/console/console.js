// How does one try operations in a browser? With GraphiQL, in the name of the person whose token it was given.

import { GraphiQL } from "graphiql";
import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { createElement as tag, useState } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./console.css";
import { forgetToken, keepToken, send, token } from "./api.js";

const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) =>
    new Worker(new URL(WORKERS[label] ?? "editor.worker.js", import.meta.url), { type: "module" }),
};

function Console({ example }) {
  const [known, setKnown] = useState(token() !== "");
  const [refused, setRefused] = useState(false);

  const leave = (because) => {
    forgetToken();
    setRefused(because);
    setKnown(false);
  };
  const fetcher = async (request) => {
    const { status, body } = await send(request);
    if (status === 401) leave(true);
    return body;
  };
  const enter = (event) => {
    event.preventDefault();
    keepToken(new FormData(event.target).get("token"));
    setRefused(false);
    setKnown(true);
  };

  if (!known) return tag(Ask, { enter, refused });
  return [
    tag(
      "header",
      { className: "bar", key: "bar" },
      tag("strong", null, "Hudang 户档"),
      tag("a", { href: "graphql/static/licenses.txt" }, "Licenses (许可)"),
      tag("button", { type: "button", onClick: () => leave(false) }, "Other token (更换令牌)"),
    ),
    tag(GraphiQL, {
      key: "graphiql",
      fetcher,
      defaultQuery: example,
      defaultEditorToolsVisibility: "variables",
      isHeadersEditorEnabled: false,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      // What is asked about people ends with this tab.
      storage: sessionStorage,
      visiblePlugin: DOC_EXPLORER_PLUGIN,
    }),
  ];
}

function Ask({ enter, refused }) {
  return tag(
    "form",
    { className: "ask", onSubmit: enter },
    tag("h1", null, "Hudang 户档 · GraphiQL"),
    refused && tag("p", { className: "refused", role: "alert" }, "This token is not known here (令牌无效)."),
    tag("label", { htmlFor: "token" }, "Token (令牌)"),
    tag("input", {
      id: "token", name: "token", type: "password", autoComplete: "off", required: true, autoFocus: true,
    }),
    tag("button", null, "Open (打开)"),
  );
}

const example = document.getElementById("example").value;
createRoot(document.getElementById("console")).render(tag(Console, { example }));
