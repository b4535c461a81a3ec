// openid-client (and oauth4webapi, whose strict checks it applies) and jose against a running server.
// The scenario and the site come as arguments; a line {"open": url} or {"compare": url} asks for a person, whose answer is read as a line.
import { createInterface } from "node:readline/promises";
import { createRemoteJWKSet, importJWK, jwtVerify } from "jose";
import * as oidc from "openid-client";

const [scenario, json] = process.argv.slice(2);
const site = JSON.parse(json);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const loopback = { execute: [oidc.allowInsecureRequests] };
const discover = (id, authentication) => oidc.discovery(new URL(site.issuer), id, undefined, authentication, loopback);
const basic = (id) => discover(id, oidc.ClientSecretBasic(site.secrets[id]));

async function opened(url) {
  console.log(JSON.stringify({ open: url.href }));
  return new URL((await lines.next()).value);
}

async function signIn(config, address = oidc.buildAuthorizationUrl, more = {}, options = undefined) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  };
  const parameters = {
    redirect_uri: site.redirect_uri,
    scope: site.scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...more,
  };
  const callback = await opened(await address(config, parameters, options));
  return oidc.authorizationCodeGrant(config, callback, checks, undefined, options);
}

async function refused(attempt) {
  try {
    await attempt;
    return "nothing";
  } catch (error) {
    return error.error ?? error.cause?.[0]?.parameters?.error ?? String(error);
  }
}

const keys = () => createRemoteJWKSet(new URL(`${site.issuer}/jwks`));
const verified = async (token, audience) => (await jwtVerify(token, keys(), { issuer: site.issuer, audience })).payload;

const scenarios = {
  async web() {
    const config = await basic("web");
    const tokens = await signIn(config);
    const { sub } = tokens.claims();
    const person = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    const before = await oidc.tokenIntrospection(config, fresh.access_token);
    await oidc.tokenRevocation(config, fresh.refresh_token);
    const after = await oidc.tokenIntrospection(config, fresh.access_token);
    return { email: person.email, rotated: fresh.refresh_token !== tokens.refresh_token, before, after };
  },
  async spa() {
    const tokens = await signIn(await discover("spa", oidc.None()));
    const access = await verified(tokens.access_token, site.api);
    const identity = await verified(tokens.id_token, "spa");
    return { same: access.sub === identity.sub, client: access.client_id };
  },
  async device() {
    const config = await discover("tv", oidc.None());
    const begun = await oidc.initiateDeviceAuthorization(config, { scope: site.scope });
    const grant = "urn:ietf:params:oauth:grant-type:device_code";
    const early = await oidc.genericGrantRequest(config, grant, { device_code: begun.device_code }).catch((e) => e.error);
    console.log(JSON.stringify({ compare: begun.verification_uri_complete }));
    await lines.next();
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...begun, interval: 1 });
    const access = await verified(tokens.access_token, site.api);
    return { early, scope: tokens.scope, client: access.client_id, sub: access.sub, who: tokens.claims().sub };
  },
  async keyholder() {
    const key = { key: await importJWK(site.key, "ES256"), kid: site.key.kid };
    const config = await discover("keyholder", oidc.PrivateKeyJwt(key));
    const tokens = await signIn(config);
    return { fresh: Boolean((await oidc.refreshTokenGrant(config, tokens.refresh_token)).access_token) };
  },
  async pushed() {
    const key = { key: await importJWK(site.key, "ES256"), kid: site.key.kid };
    const clients = [await basic("pusher"), await discover("keyholder", oidc.PrivateKeyJwt(key)), await discover("spa", oidc.None())];
    const found = [];
    for (const config of clients) {
      const tokens = await signIn(config, oidc.buildAuthorizationUrlWithPAR);
      found.push(Boolean(tokens.claims().sub));
    }
    const refused = await oidc.buildAuthorizationUrlWithPAR(clients[0], { scope: "nothing" }).catch((error) => error);
    return { found, error: refused.error, status: refused.status };
  },
  async signed() {
    const key = { key: await importJWK(site.key, "ES256"), kid: site.key.kid };
    const config = await discover("signer", oidc.PrivateKeyJwt(key));
    const signed = (config, parameters) => oidc.buildAuthorizationUrlWithJAR(config, parameters, key);
    const both = async (config, parameters) => {
      const { searchParams } = await signed(config, parameters);
      return oidc.buildAuthorizationUrlWithPAR(config, { request: searchParams.get("request") });
    };
    const bySignature = await signIn(config, signed);
    const pushedAndSigned = await signIn(config, both);
    oidc.useJwtResponseMode(config);
    const answered = await signIn(config, both);
    return { found: [bySignature, pushedAndSigned, answered].map((tokens) => Boolean(tokens.claims().sub)) };
  },
  async daemon() {
    const config = await basic("daemon");
    const tokens = await oidc.clientCredentialsGrant(config, { scope: "orders:read", resource: site.api });
    return { claims: await verified(tokens.access_token, site.api), refresh: tokens.refresh_token ?? null };
  },
  async bound(id = "bound", algorithm = "ES256", address = oidc.buildAuthorizationUrl) {
    const config = await discover(id, oidc.None());
    const handle = async () => ({ DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(algorithm)) });
    const mine = await handle();
    const tokens = await signIn(config, address, {}, mine);
    const { sub } = tokens.claims();
    const person = await oidc.fetchUserInfo(config, tokens.access_token, sub, mine);
    const stolen = await refused(oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, await handle()));
    const bare = await refused(oidc.refreshTokenGrant(config, tokens.refresh_token));
    const asBearer = await refused(oidc.fetchUserInfo(config, tokens.access_token, sub));
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, mine);
    const { cnf } = await verified(fresh.access_token, site.api);
    const jkt = await mine.DPoP.calculateThumbprint();
    return { email: person.email, type: fresh.token_type, same: cnf.jkt === jkt, stolen, bare, asBearer };
  },
  boundEd25519: () => scenarios.bound("bound", "Ed25519"),
  boundPS256: () => scenarios.bound("bound", "PS256"),
  boundAndPushed: () => scenarios.bound("bound-with-nonce", "ES256", oidc.buildAuthorizationUrlWithPAR),
  boundWithNonce: () => scenarios.bound("bound-with-nonce"),
  async denied() {
    const config = await basic("web");
    try {
      await oidc.clientCredentialsGrant(config, { scope: "orders:read" });
    } catch (error) {
      return { error: error.error, status: error.status };
    }
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
process.exit(0);
