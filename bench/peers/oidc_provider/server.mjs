// oidc-provider as a production deployment would set it up, told by one JSON argument what the bench expects.
//   {"port", "database" | null, "connections", "pipelined", "web", "daemon", "users", "lifetimes", "apis", "redirect_uri"}
// Test only: POST /bench/session makes a session with its consent for a user, where a login form would stand.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import { memoryAdapter } from './memory_adapter.mjs';
import { postgresAdapter } from './postgres_adapter.mjs';

const setup = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${setup.port}`;
const apis = new Map(setup.apis.map((api) => [api.identifier, api]));
const { lifetimes } = setup;

function privateJwk(kind, options, extra) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', ...extra };
}

// Accounts are made up in memory: a deployment would read them from its database, so this favours the peer.
function findAccount(_ctx, sub) {
  return {
    accountId: sub,
    claims: async () => ({ sub, name: 'Bench User', email: `${sub}@bench.test`, email_verified: true }),
  };
}

function resourceServer(_ctx, identifier) {
  const api = apis.get(identifier);
  return {
    scope: api.scope,
    audience: identifier,
    accessTokenTTL: lifetimes.access_token,
    accessTokenFormat: api.format,
    jwt: api.format === 'jwt' ? { sign: { alg: api.alg } } : undefined,
  };
}

const configuration = {
  adapter: setup.database
    ? await postgresAdapter(setup.database, setup.connections, setup.pipelined)
    : memoryAdapter(),
  clients: [
    {
      client_id: setup.web.id,
      client_secret: setup.web.secret,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [setup.redirect_uri],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: setup.daemon.id,
      client_secret: setup.daemon.secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: {
    keys: [
      privateJwk('ec', { namedCurve: 'P-256' }, { alg: 'ES256', kid: 'bench-es256' }),
      privateJwk('rsa', { modulusLength: 2048 }, { alg: 'RS256', kid: 'bench-rs256' }),
    ],
  },
  cookies: { keys: ['a key of the bench, for signing cookies, as the manual asks'] },
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  findAccount,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => false,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: resourceServer,
      defaultResource: async (_ctx, _client, oneOf) => oneOf,
      useGrantedResource: async () => true,
    },
  },
  interactions: { url: () => '/bench/no-interaction-expected' },
  ttl: {
    AccessToken: lifetimes.access_token,
    ClientCredentials: lifetimes.access_token,
    AuthorizationCode: lifetimes.code,
    IdToken: lifetimes.id_token,
    RefreshToken: lifetimes.refresh_token,
    Session: lifetimes.session,
    Grant: lifetimes.refresh_token,
    Interaction: 600,
  },
};

const provider = new Provider(issuer, configuration);
const reported = new Map();
for (const event of ['server_error', 'authorization.error', 'grant.error', 'userinfo.error', 'introspection.error']) {
  provider.on(event, (_ctx, error) => report(event, error));
}

// The first few of a kind: a replay is an error on purpose, and a log in the way would be measured too.
function report(event, error) {
  const times = (reported.get(event) ?? 0) + 1;
  reported.set(event, times);
  if (times <= 3) console.error(event, error?.error_description ?? error?.message, error?.error_detail ?? '');
}

async function openSession(req, res) {
  const accountId = new URL(req.url, issuer).searchParams.get('user');
  const grant = new provider.Grant({ accountId, clientId: setup.web.id });
  grant.addOIDCScope('openid profile email');
  for (const api of setup.apis) grant.addResourceScope(api.identifier, api.scope);
  const session = new provider.Session();
  session.loginAccount({ accountId, amr: ['pwd'] });
  session.ensureClientContainer(setup.web.id);
  session.grantIdFor(setup.web.id, await grant.save());
  await session.save(lifetimes.session);
  const { cookies } = provider.createContext(req, res);
  cookies.set(provider.cookieName('session'), session.jti, { signed: true, httpOnly: true, path: '/' });
  res.writeHead(204).end();
}

const callback = provider.callback();
const server = createServer((req, res) => {
  if (req.method === 'POST' && req.url.startsWith('/bench/session')) openSession(req, res);
  else callback(req, res);
});
server.keepAliveTimeout = 120_000;
server.listen(setup.port, '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
