// npm oidc-provider with its own pages, told by one JSON argument: {"port", "redirect_uri", "api", "key", "bye", "hook"}.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const told = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${told.port}`;

function privateJwk(kind, options, extra) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', ...extra };
}

const web = {
  client_secret: 'a secret with spaces & signs: +%/=:',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: [told.redirect_uri],
  post_logout_redirect_uris: [told.bye],
};

const provider = new Provider(issuer, {
  clients: [
    { ...web, client_id: 'basic', token_endpoint_auth_method: 'client_secret_basic' },
    { ...web, client_id: 'post', token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256' },
    { ...web, client_id: 'public', client_secret: undefined, token_endpoint_auth_method: 'none' },
    {
      ...web,
      client_id: 'keyholder',
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'PS256',
      jwks: { keys: [told.key] },
    },
    {
      ...web,
      client_id: 'told-of-logout',
      backchannel_logout_uri: told.hook,
      backchannel_logout_session_required: true,
    },
    {
      ...web,
      client_id: 'bound',
      client_secret: undefined,
      token_endpoint_auth_method: 'none',
      dpop_bound_access_tokens: true,
    },
    {
      client_id: 'device',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: 'daemon',
      client_secret: web.client_secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  jwks: {
    keys: [
      privateJwk('rsa', { modulusLength: 2048 }, { alg: 'RS256', kid: 'rs256' }),
      privateJwk('ec', { namedCurve: 'P-256' }, { alg: 'ES256', kid: 'es256' }),
      privateJwk('rsa', { modulusLength: 2048 }, { alg: 'PS256', kid: 'ps256' }),
      privateJwk('ed25519', {}, { alg: 'EdDSA', kid: 'ed25519' }),
    ],
  },
  cookies: { keys: ['a key of the tests'] },
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: async () => ({ sub, name: `The one called ${sub}`, email: `${sub}@example.org`, email_verified: true }),
  }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  enabledJWA: {
    dPoPSigningAlgValues: ['ES256', 'EdDSA', 'PS256'], idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
    deviceFlow: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    requestObjects: { enabled: true },
    jwtResponseModes: { enabled: true },
    dPoP: {
      enabled: true,
      nonceSecret: randomBytes(32),
      requireNonce: (ctx) => ctx.oidc?.client?.clientId === 'bound',
    },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'orders:read orders:write', audience: told.api, accessTokenFormat: 'jwt' }),
      useGrantedResource: async () => true,
    },
  },
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
});

for (const event of ['server_error', 'backchannel.error']) {
  provider.on(event, (_ctx, error) => console.error(event, error?.message, error));
}

createServer(provider.callback()).listen(told.port, '127.0.0.1', () => console.log('ready'));
