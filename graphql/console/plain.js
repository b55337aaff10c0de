// How does one try operations where GraphiQL is not built? With a form: token, operation, variables, answer.

import { forgetToken, keepToken, send, token } from "./api.js";

const part = (id) => document.getElementById(id);
const OPERATION = /^\s*(?:query|mutation)\s+([A-Za-z_]\w*)/gm;

/** Offer the operations that the text names; one that has no name is sent as it is. */
function offerOperations() {
  const chosen = part("operation").value;
  const names = [...part("query").value.matchAll(OPERATION)].map((found) => found[1]);
  const offered = names.length ? names : [""];
  part("operation").replaceChildren(...offered.map((name) => new Option(name || "the operation", name)));
  if (names.includes(chosen)) part("operation").value = chosen;
}

function show(status, text) {
  part("status").textContent = status;
  part("answer").textContent = text;
}

async function run() {
  let variables;
  try {
    variables = JSON.parse(part("variables").value || "{}");
  } catch {
    show("The variables are not JSON (变量不是有效的 JSON).", "");
    return;
  }
  keepToken(part("token").value);
  const operationName = part("operation").value || null;
  const { status, body } = await send({ query: part("query").value, operationName, variables });
  if (status === 401) forgetToken();
  show(`HTTP ${status}`, JSON.stringify(body, null, 2));
}

part("token").value = token();
part("query").addEventListener("input", offerOperations);
part("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  part("run").disabled = true;
  show("…", "");
  try {
    await run();
  } catch {
    show("The server does not answer (服务器无应答).", "");
  } finally {
    part("run").disabled = false;
  }
});
offerOperations();
