// How does a page speak to the API? As the person whose token it was given; the token stays in this tab.

const KEPT = "hudang-token";

/** The token in use, or "". One in the address (#token=...) is taken over; it never reached a server. */
export function token() {
  const named = new URLSearchParams(location.hash.slice(1)).get("token");
  if (named) {
    sessionStorage.setItem(KEPT, named);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT) ?? "";
}

export function keepToken(given) {
  sessionStorage.setItem(KEPT, given.trim());
}

export function forgetToken() {
  sessionStorage.removeItem(KEPT);
}

/** The API's answer to a request; `status` is HTTP's. */
export async function send(request) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
      authorization: `Bearer ${token()}`,
    },
    body: JSON.stringify(request),
  });
  return { status: response.status, body: await response.json() };
}
