// The same contract in this process's memory. Nothing survives a restart, and two processes can not share it: its
// figures are printed as "not durable". oidc-provider's own one keeps 1000 entries, too few for a load.

const seconds = () => Math.floor(Date.now() / 1000);

/** Returns the adapter factory oidc-provider asks for. */
export function memoryAdapter() {
  const members = new Map();
  return () => new MemoryAdapter(members);
}

class MemoryAdapter {
  #rows = new Map();

  #uids = new Map();

  #members;

  constructor(members) {
    this.#members = members;
  }

  async upsert(id, payload, expiresIn) {
    this.#rows.set(id, { payload, expiresAt: expiresIn ? seconds() + expiresIn : Infinity });
    if (payload.uid) this.#uids.set(payload.uid, id);
    if (payload.grantId) this.#remember(payload.grantId, id);
  }

  async find(id) {
    const row = this.#rows.get(id);
    return row && row.expiresAt > seconds() ? row.payload : undefined;
  }

  async findByUid(uid) {
    return this.find(this.#uids.get(uid));
  }

  async findByUserCode() {
    return undefined;
  }

  async destroy(id) {
    this.#rows.delete(id);
  }

  async consume(id) {
    this.#rows.get(id).payload.consumed = seconds();
  }

  async revokeByGrantId(grantId) {
    for (const [rows, id] of this.#members.get(grantId) ?? []) rows.delete(id);
    this.#members.delete(grantId);
  }

  #remember(grantId, id) {
    const known = this.#members.get(grantId);
    if (known) known.push([this.#rows, id]);
    else this.#members.set(grantId, [[this.#rows, id]]);
  }
}
