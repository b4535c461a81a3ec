// The whole client of a single-page application: authorization code with PKCE, tokens kept in memory and nowhere else.

const app = document.getElementById("app");
const { issuer, client } = app.dataset;
const redirectUri = `${issuer}/demo/spa/callback`;
const scope = "openid profile email offline_access orders:read";
const tokens = {};

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = (count) => base64url(crypto.getRandomValues(new Uint8Array(count)));
const masked = (value) => `${value.slice(0, 8)}…`;
const element = (id) => document.getElementById(id);

async function signIn() {
  const asked = { state: random(16), nonce: random(16), verifier: random(32) };
  sessionStorage.setItem("demo-spa", JSON.stringify(asked));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier));
  location.assign(`${issuer}/authorize?${new URLSearchParams({
    client_id: client,
    response_type: "code",
    redirect_uri: redirectUri,
    scope,
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  })}`);
}

async function comeBack(answer) {
  const asked = JSON.parse(sessionStorage.getItem("demo-spa") ?? "null");
  show("What came back", Object.fromEntries([...answer].map(([k, v]) => [k, k === "code" ? masked(v) : v])));
  if (!asked || answer.get("state") !== asked.state || answer.get("iss") !== issuer) {
    say("This answer belongs to no request of this page, so nothing was done with it.");
    return;
  }
  sessionStorage.removeItem("demo-spa");
  history.replaceState(null, "", location.pathname); // the code is of no use in the history
  if (answer.has("error")) {
    say("The answer was no.");
    return;
  }
  const got = await ask("Code exchange", "/token", {
    grant_type: "authorization_code",
    code: answer.get("code"),
    redirect_uri: redirectUri,
    code_verifier: asked.verifier,
    client_id: client,
  });
  if (got.id_token && claims(got.id_token).nonce !== asked.nonce) {
    say("The ID token was made for another request.");
    return;
  }
  await keep(got);
}

async function keep(got) {
  if (!got.access_token) return;
  Object.assign(tokens, got);
  if (got.id_token) show("ID token", claims(got.id_token));
  element("signed-in").hidden = false;
  element("start").hidden = true;
  element("actions").hidden = false;
  element("refresh").hidden = !tokens.refresh_token;
}

const claims = (token) =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(
    atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))));

async function ask(title, path, form) {
  const request = form
    ? { method: "POST", body: new URLSearchParams(form) }
    : { headers: { authorization: `Bearer ${tokens.access_token}` } };
  const response = await fetch(issuer + path, { ...request, credentials: "omit" });
  const text = await response.text();
  const body = text ? JSON.parse(text) : {};
  const secret = ["access_token", "refresh_token", "id_token"];
  show(`${title}: ${response.status}`,
    Object.fromEntries(Object.entries(body).map(([k, v]) => [k, secret.includes(k) ? masked(v) : v])));
  return body;
}

function show(title, value) {
  const item = document.createElement("li");
  const heading = document.createElement("h2");
  const text = document.createElement("pre");
  heading.textContent = title;
  text.textContent = JSON.stringify(value, null, 2);
  text.tabIndex = 0;
  item.append(heading, text);
  element("steps").append(item);
  element("steps").hidden = false;
  element("outline").hidden = true;
  if (!element("actions").hidden) item.scrollIntoView({ block: "nearest" });
}

function signOut() {
  location.assign(`${issuer}/logout?${new URLSearchParams({
    id_token_hint: tokens.id_token,
    client_id: client,
    post_logout_redirect_uri: `${issuer}/demo/spa`,
  })}`);
}

function say(text) {
  element("problem").hidden = false;
  element("problem-text").textContent = text;
}

const acts = {
  start: signIn,
  userinfo: () => ask("UserInfo", "/userinfo"),
  refresh: async () =>
    keep(await ask("Refresh", "/token", {
      grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: client,
    })),
  revoke: () => ask("Revocation", "/revoke", { token: tokens.refresh_token ?? tokens.access_token, client_id: client }),
  "sign-out": async () => signOut(),
};

for (const [id, act] of Object.entries(acts)) {
  element(id).addEventListener("click", () => act().catch((error) => say(String(error))));
}
element("start").disabled = false;

const answer = new URLSearchParams(location.search);
if (answer.has("state") || answer.has("error")) await comeBack(answer);
