// Passkeys (WebAuthn L3). Everything else on a page works without this. What has `data-passkey` is one act: `use` and
// `add` on their buttons, `offer` by itself where the browser asks nobody; it is a form, or a part of one that has other
// buttons, too. `data-signal` is what authenticators are told.

const RENEW = 9 * 60 * 1000; // milliseconds; a challenge is good for ten minutes

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const called = async (name, ...values) => {
  const method = globalThis.PublicKeyCredential?.[name];
  return method ? method.call(PublicKeyCredential, ...values).catch(() => false) : false;
};
const capabilities = called("getClientCapabilities");
const can = async (name) => (await capabilities)?.[name] === true;

const isHere = (rpId) => location.hostname === rpId || location.hostname.endsWith(`.${rpId}`);
const mayBeUsed = (rpId) => globalThis.PublicKeyCredential && isSecureContext && isHere(rpId);

// What the server may show after a sign-in: it offers nothing that this browser cannot do.
const abilities = async () => {
  const signals = "signalAllAcceptedCredentials" in PublicKeyCredential;
  const offers = (await can("conditionalCreate")) || (await called("isUserVerifyingPlatformAuthenticatorAvailable"));
  return [offers && "offer", signals && "signal"].filter(Boolean).join(" ");
};

const optionsOf = async (act) => {
  const purpose = { use: "sign_in", add: "enrol", offer: "offer" }[act.dataset.passkey];
  const body = new URLSearchParams({ purpose, able: await abilities() });
  const answer = await fetch(act.dataset.challenge, { method: "POST", body, cache: "no-store" });
  if (!answer.ok) throw new Error(`no challenge: ${answer.status}`);
  const options = { ...JSON.parse(act.dataset.options), challenge: bytes((await answer.json()).challenge) };
  const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
  if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
  if (options.allowCredentials) options.allowCredentials = known(options.allowCredentials);
  if (options.excludeCredentials) options.excludeCredentials = known(options.excludeCredentials);
  return options;
};

const send = (act, credential) => {
  const form = act.closest("form");
  const said = credential.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  if (said.attestationObject) {
    response.attestationObject = text(said.attestationObject);
    response.transports = said.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(said.authenticatorData);
    response.signature = text(said.signature);
    response.userHandle = said.userHandle?.byteLength ? text(said.userHandle) : null;
  }
  const id = text(credential.rawId);
  form.elements.passkey.value = JSON.stringify({ id, rawId: id, type: credential.type, response });
  HTMLFormElement.prototype.submit.call(form);
};

let waiting = null; // the request that waits without a dialogue; a browser takes one at a time

const suggest = async (act) => {
  if (!document.querySelector('[autocomplete~="webauthn"]') || !(await called("isConditionalMediationAvailable"))) return;
  for (;;) {
    const mine = new AbortController();
    const until = Date.now() + RENEW;
    const renew = () => document.visibilityState === "visible" && Date.now() >= until && mine.abort("renew");
    const clock = setInterval(renew, 15_000);
    document.addEventListener("visibilitychange", renew);
    waiting = mine;
    try {
      const publicKey = await optionsOf(act);
      return send(act, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: mine.signal }));
    } catch {
      if (mine.signal.reason !== "renew") return;
    } finally {
      clearInterval(clock);
      document.removeEventListener("visibilitychange", renew);
    }
  }
};

const typed = "input:required:not([type=password])"; // what must be there before a part of a form is sent by itself

const pressed = async (act) => {
  const failed = act.querySelector("[data-failed]");
  const asked = act.closest("form").querySelectorAll(typed);
  if (![...asked].every((field) => field.reportValidity())) return;
  failed.hidden = true;
  waiting?.abort("pressed");
  try {
    const publicKey = await optionsOf(act);
    const how = act.dataset.passkey === "use" ? "get" : "create";
    send(act, await navigator.credentials[how]({ publicKey }));
  } catch (error) {
    const has = error.name === "InvalidStateError" && act.querySelector("[data-has-one]");
    (has || failed).hidden = false;
    if (act.dataset.passkey === "use") suggest(act);
  }
};

const offered = async (act) => {
  if (!(await can("conditionalCreate"))) return;
  waiting = new AbortController();
  const { signal } = waiting;
  try {
    const publicKey = await optionsOf(act);
    send(act, await navigator.credentials.create({ publicKey, mediation: "conditional", signal }));
  } catch {
    // The browser keeps no password of theirs, or knows better: the button is still there.
  }
};

const signal = async ({ rpId, userId, credentialIds, name, displayName, unknown }) => {
  if (unknown) await called("signalUnknownCredential", { rpId, credentialId: unknown });
  if (!userId) return;
  await called("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds: credentialIds });
  await called("signalCurrentUserDetails", { rpId, userId, name, displayName });
};

for (const told of document.querySelectorAll("[data-signal]")) {
  const done = signal(JSON.parse(told.dataset.signal));
  if (told.dataset.onward !== undefined) done.finally(() => location.replace(told.href));
}

for (const act of document.querySelectorAll("[data-passkey]")) {
  const options = JSON.parse(act.dataset.options);
  const elsewhere = document.querySelector("[data-elsewhere]");
  if (!mayBeUsed(options.rpId ?? options.rp.id)) {
    if (elsewhere) elsewhere.hidden = false;
  } else if (act.dataset.passkey === "offer") {
    offered(act);
  } else {
    act.hidden = false;
    const whole = act.matches("form");
    (whole ? act : act.querySelector("button")).addEventListener(whole ? "submit" : "click", (event) => {
      event.preventDefault();
      pressed(act);
    });
    if (act.dataset.passkey === "use") suggest(act);
  }
}
