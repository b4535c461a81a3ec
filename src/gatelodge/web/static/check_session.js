// The frame of OpenID Connect Session Management 1.0: it is asked `client_id session_state` and answers whether that is
// still so. What it compares with is a cookie, which a browser may keep from it: then all has changed.

const name = document.currentScript.dataset.cookie;
const stateNow = () => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

const judged = async (origin, message) => {
  const said = typeof message === "string" ? /^(.+) ([0-9a-f]{64})\.([\w-]+)$/.exec(message) : null;
  if (!said) return "error";
  const [, client, digest, salt] = said;
  const now = new TextEncoder().encode(`${client} ${origin} ${stateNow()} ${salt}`);
  return hex(await crypto.subtle.digest("SHA-256", now)) === digest ? "unchanged" : "changed";
};

addEventListener("message", async ({ source, origin, data }) => {
  if (!source || origin === "null") return;
  source.postMessage(await judged(origin, data), origin);
});
