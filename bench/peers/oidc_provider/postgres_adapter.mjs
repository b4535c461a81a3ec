// oidc-provider's storage contract on one PostgreSQL table. Written to be fast without being weaker: named prepared
// statements, updates in place (no index covers what changes), an ordinary logged table, every answer after its commit.
import pg from 'pg';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS oidc_models (
    kind       text NOT NULL,
    id         text NOT NULL,
    payload    jsonb NOT NULL,
    grant_id   text,
    user_code  text,
    uid        text,
    expires_at bigint,
    consumed   bigint,
    PRIMARY KEY (kind, id)
  ) WITH (fillfactor = 80);
  CREATE INDEX IF NOT EXISTS oidc_models_grant ON oidc_models (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_models_user_code ON oidc_models (kind, user_code) WHERE user_code IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_models_uid ON oidc_models (kind, uid) WHERE uid IS NOT NULL;
`;

const UPSERT = `
  INSERT INTO oidc_models (kind, id, payload, grant_id, user_code, uid, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at,
    grant_id = excluded.grant_id, user_code = excluded.user_code, uid = excluded.uid`;
const LIVE = '(expires_at IS NULL OR expires_at > $3)';
const FIND = `SELECT payload, consumed FROM oidc_models WHERE kind = $1 AND id = $2 AND ${LIVE}`;
const FIND_BY_UID = `SELECT payload, consumed FROM oidc_models WHERE kind = $1 AND uid = $2 AND ${LIVE}`;
const FIND_BY_CODE = `SELECT payload, consumed FROM oidc_models WHERE kind = $1 AND user_code = $2 AND ${LIVE}`;
const DESTROY = 'DELETE FROM oidc_models WHERE kind = $1 AND id = $2';
const CONSUME = 'UPDATE oidc_models SET consumed = $3 WHERE kind = $1 AND id = $2';
const REVOKE = 'DELETE FROM oidc_models WHERE kind = $1 AND grant_id = $2';

// What is revoked with its grant. A session carries many grants and a grant is not its own member.
const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode',
  'BackchannelAuthenticationRequest']);

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const seconds = () => Math.floor(Date.now() / 1000);

/** Connects, makes the table, and returns the adapter factory oidc-provider asks for. */
export async function postgresAdapter(url, connections, pipelined) {
  const run = pipelined ? await pipelines(url, connections) : pool(url, connections);
  await run({ text: SCHEMA });
  return (kind) => new PostgresAdapter(run, kind);
}

function pool(url, connections) {
  const shared = new pg.Pool({ connectionString: url, max: connections, min: connections, idleTimeoutMillis: 0 });
  return (query) => shared.query(query);
}

async function pipelines(url, connections) {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url, pipeline: true }));
  await Promise.all(clients.map((client) => client.connect()));
  let turn = 0;
  return (query) => clients[turn++ % connections].query(query);
}

class PostgresAdapter {
  constructor(run, kind) {
    this.run = run;
    this.kind = kind;
  }

  async upsert(id, payload, expiresIn) {
    const grantId = GRANTABLE.has(this.kind) ? payload.grantId ?? null : null;
    const expiresAt = expiresIn ? seconds() + expiresIn : null;
    await this.run({
      name: 'upsert',
      text: UPSERT,
      values: [this.kind, id, JSON.stringify(payload), grantId, payload.userCode ?? null, payload.uid ?? null, expiresAt],
    });
  }

  async find(id) {
    return this.one('find', FIND, id);
  }

  async findByUid(uid) {
    return this.one('find_by_uid', FIND_BY_UID, uid);
  }

  async findByUserCode(userCode) {
    return this.one('find_by_code', FIND_BY_CODE, userCode);
  }

  async destroy(id) {
    await this.run({ name: 'destroy', text: DESTROY, values: [this.kind, id] });
  }

  async consume(id) {
    await this.run({ name: 'consume', text: CONSUME, values: [this.kind, id, seconds()] });
  }

  async revokeByGrantId(grantId) {
    await this.run({ name: 'revoke', text: REVOKE, values: [this.kind, grantId] });
  }

  async one(name, text, key) {
    const { rows: [row] } = await this.run({ name, text, values: [this.kind, key, seconds()] });
    if (!row) return undefined;
    return row.consumed ? { ...row.payload, consumed: row.consumed } : row.payload;
  }
}
