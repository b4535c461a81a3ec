// A single-page app is a public client: it has no secret. Authorization code with PKCE, by hand, every step in sight.
let tokens = null; // in this variable only: no storage for a foreign script to read, nothing left after the tab
const { issuer, api, client } = await (await fetch("/settings.json")).json();
const home = `${location.origin}/`;
const element = (id) => document.getElementById(id);
const say = (problem) => Object.assign(element("problem"), { textContent: problem, hidden: !problem });
const attempt = (act) => say("") && act().catch((error) => void say(error.message));
const ask = (url, options) => fetch(url, options).catch(() => { throw new Error(`${url} does not answer.`); });

// What a server can do, and where, it says itself. One that calls itself something else is another server.
const server = await attempt(async () => {
  const found = await (await ask(`${issuer}/.well-known/openid-configuration`)).json();
  if (found.issuer !== issuer) throw new Error("This is not the server we know.");
  return found;
});

// Step 1: the person goes to the server. What its answer must match waits in this tab.
async function signIn() {
  const asked = { state: random(), verifier: random() };
  sessionStorage.setItem("asked", JSON.stringify(asked));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier));
  location.assign(`${server.authorization_endpoint}?${new URLSearchParams({
    response_type: "code", client_id: client, redirect_uri: home,
    scope: "openid profile orders:read orders:write", state: asked.state,
    code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: "S256",
  })}`);
}

// Step 2: the person is back. Is this what we asked for, and from whom we asked it?
async function comeBack(answer) {
  const asked = JSON.parse(sessionStorage.getItem("asked") ?? "null");
  sessionStorage.removeItem("asked"); // an answer is used once
  history.replaceState(null, "", home); // and is nothing for the address bar
  if (!asked || answer.get("state") !== asked.state || answer.get("iss") !== issuer) {
    throw new Error("This answer belongs to no request of this tab, so nothing was done with it.");
  }
  if (answer.has("error")) throw new Error(`The answer was no: ${answer.get("error")}.`);

  // Step 3: the code becomes tokens. Whoever stole it cannot do this: the verifier never left this tab.
  const form = { grant_type: "authorization_code", client_id: client, redirect_uri: home };
  const body = new URLSearchParams({ ...form, code: answer.get("code"), code_verifier: asked.verifier });
  tokens = await said(await ask(server.token_endpoint, { method: "POST", body }));

  // Step 4: who is it? The server knows, and the API takes the same token.
  const person = await said(await ask(server.userinfo_endpoint, bearing()));
  element("name").textContent = person.name ?? person.sub;
  await showOrders();
  [element("sign-in").hidden, element("signed-in").hidden] = [true, false];
}

async function showOrders() {
  const { orders } = await said(await ask(`${api}/orders`, bearing()));
  const line = ({ item }) => Object.assign(document.createElement("li"), { textContent: item });
  element("orders").replaceChildren(...orders.map(line));
}

async function place() {
  const body = new URLSearchParams({ item: element("item").value });
  await said(await ask(`${api}/orders`, bearing({ method: "POST", body })));
  element("place").reset();
  await showOrders();
}

// A token lives some minutes. Then the person is sent once more; the server knows them still, so it is but a blink.
async function said(response) {
  if (response.status === 401 && tokens.scope.includes("orders")) return new Promise(signIn); // the page is left
  if (response.ok) return response.json();
  throw new Error([401, 403].includes(response.status) ? "You did not allow this." : `It said ${response.status}.`);
}

async function signOut() {
  const leaving = { client_id: client, id_token_hint: tokens.id_token, post_logout_redirect_uri: home };
  location.assign(`${server.end_session_endpoint}?${new URLSearchParams(leaving)}`);
}

const bearing = (options) => ({ ...options, headers: { authorization: `Bearer ${tokens.access_token}` } });
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

element("sign-in").addEventListener("click", () => attempt(signIn));
element("sign-out").addEventListener("click", () => attempt(signOut));
element("place").addEventListener("submit", (event) => event.preventDefault() ?? attempt(place));
element("sign-in").disabled = !server;
const answer = new URLSearchParams(location.search);
if (server && answer.has("state")) attempt(() => comeBack(answer));
