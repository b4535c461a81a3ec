// Shows what the implicit and hybrid response types put into the fragment: tokens, in reach of every script.

const answer = new URLSearchParams(location.hash.slice(1));
const output = document.getElementById("answer");
const { issuer, state, nonce } = output.dataset;
const secret = ["access_token", "id_token", "code"];

const claims = (token) =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(
    atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))));

if ([...answer].length > 0) {
  history.replaceState(null, "", location.pathname); // no answer has a place in the history, whoever sent it
  output.textContent = JSON.stringify(
    Object.fromEntries([...answer].map(([k, v]) => [k, secret.includes(k) ? `${v.slice(0, 8)}…` : v])), null, 2);
  const asked = state !== "" && answer.get("state") === state;
  const matches = asked && answer.get("iss") === issuer;
  const wrong = asked ? "iss does not match: another server sent this" : "state does not match: not asked for here";
  document.getElementById("state").textContent = matches ? "state and iss match" : wrong;
  const token = answer.get("id_token");
  if (token && matches) {
    const said = claims(token);
    document.getElementById("claims").hidden = false;
    document.getElementById("claims-text").textContent = JSON.stringify(said, null, 2);
    document.getElementById("nonce").textContent = said.nonce === nonce ? "nonce matches" : "nonce does not match";
  }
}
