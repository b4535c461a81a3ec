// The implicit flow, for recognition only. The same page done right: ../spa/app.js
const { issuer, api, client } = await (await fetch("/settings.json")).json();
const home = `${location.origin}/`;
const element = (id) => document.getElementById(id);

element("sign-in").disabled = false;
element("sign-in").addEventListener("click", () => {
  const state = crypto.randomUUID();
  sessionStorage.setItem("state", state);
  location.assign(`${issuer}/authorize?${new URLSearchParams({
    client_id: client,
    response_type: "token", // here it goes wrong: the token itself is to come in the address
    redirect_uri: home,
    scope: "orders:read",
    state,
  })}`);
});

// The answer is behind the # and has the token in it. Nothing here proves that it was made for this page.
const answer = new URLSearchParams(location.hash.slice(1));
if (answer.has("state")) {
  history.replaceState(null, "", home);
  const expected = sessionStorage.getItem("state");
  sessionStorage.removeItem("state");
  if (!expected || answer.get("state") !== expected || answer.get("iss") !== issuer) {
    say("This answer belongs to no request of this tab.");
  } else if (answer.has("error")) {
    say(`The answer was no: ${answer.get("error")}.`);
  } else {
    const headers = { authorization: `Bearer ${answer.get("access_token")}` };
    const response = await fetch(`${api}/orders`, { headers });
    if (!response.ok) say(`The orders API said ${response.status}.`);
    else {
      const { orders } = await response.json();
      const line = ({ item }) => Object.assign(document.createElement("li"), { textContent: item });
      element("orders").replaceChildren(...orders.map(line));
    }
  }
}

function say(text) {
  element("problem").textContent = text;
  element("problem").hidden = false;
}
