// What a Node client asks of a server, and what it must answer: client.js HOST PORT [PROTOCOL...]
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const cassandra = require('cassandra-driver');

const { types } = cassandra;
const { dataTypes: codes, responseErrorCodes: refusals } = types;

function bits(x) {
  if (Number.isNaN(x)) return 'f:nan';
  const b = Buffer.alloc(8);
  b.writeDoubleBE(x);
  return 'f:' + b.toString('hex');
}

function saidDecimal(d) {
  return `dec(${d._intVal},${d._scale})`;
}

function saidTime(t) {
  return t.getTotalNanoseconds().toString();
}

// Numbers, texts and objects are of several CQL types: these need the column's.
function saidByType(v, type) {
  const info = type.info;
  switch (type.code) {
    case codes.double:
    case codes.float: return bits(v);
    case codes.list: return '[' + v.map(x => said(x, info)).join() + ']';
    case codes.set: return '{' + Array.from(v, x => said(x, info)).sort().join() + '}';
    case codes.map:
      return '{' + Array.from(v, ([k, x]) => said(k, info[0]) + ':' + said(x, info[1])).sort().join() + '}';
    case codes.tuple: return '(' + v.values().map((x, i) => said(x, info[i])).join() + ')';
    case codes.udt: return '<' + info.fields.map(f => f.name + '=' + said(v[f.name], f.type)).sort().join() + '>';
    case codes.custom: return '[' + Array.from(v, x => v.subtype === 'float' ? bits(x) : String(x)).join() + ']'; // a vector
    default: throw new TypeError('what is ' + JSON.stringify(type));
  }
}

// A value as values.tsv says it.
function said(v, type) {
  if (v === null || v === undefined) return 'null';
  if (typeof v === 'boolean') return String(v);
  if (typeof v === 'string') return `"${v}"`;
  if (typeof v === 'number' && type.code !== codes.double && type.code !== codes.float) return String(v);
  if (v instanceof Date) return 'ms:' + v.getTime();
  if (Buffer.isBuffer(v)) return '0x' + v.toString('hex');
  if (v instanceof types.InetAddress) return `"${v}"`;
  if (v instanceof types.BigDecimal) return saidDecimal(v);
  if (v instanceof types.LocalTime) return saidTime(v);
  if (v instanceof types.Duration) return `dur(${v.months},${v.days},${v.nanoseconds})`;
  if (v instanceof types.Long || v instanceof types.Integer || v instanceof types.Uuid ||
      v instanceof types.LocalDate) {
    return v.toString();
  }
  return saidByType(v, type);
}

async function fails(code, call) {
  try {
    await call();
  } catch (e) {
    const error = e.innerErrors ? Object.values(e.innerErrors)[0] : e;
    assert.ok(error instanceof cassandra.errors.ResponseError, `${error.name}: ${error.message}`);
    assert.strictEqual(error.code, code, error.message);
    return;
  }
  assert.fail('succeeded, want error 0x' + code.toString(16));
}

async function soon(condition, what, seconds = 15) {
  for (const end = Date.now() + seconds * 1000; !(await condition());) {
    assert.ok(Date.now() < end, `not within ${seconds} s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const up = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const down = (from, to) => Array.from({ length: from - to }, (_, i) => from - i);

class Pass {
  constructor(host, port, protocol) {
    Object.assign(this, { host, port, protocol, ks: 'node_' + protocol, clients: [] });
  }

  async connect(keyspace) {
    const client = new cassandra.Client({
      contactPoints: [`${this.host}:${this.port}`], localDataCenter: 'datacenter1', keyspace,
      protocolOptions: { maxVersion: this.protocol }, encoding: { map: Map, set: Set },
      refreshSchemaDelay: 50, socketOptions: { readTimeout: 60000 },
      policies: { retry: new cassandra.policies.retry.FallthroughRetryPolicy() },
    });
    await client.connect();
    this.clients.push(client);
    return client;
  }

  run(query, params, options) {
    return this.c.execute(query, params, { prepare: params !== undefined, ...options });
  }

  async rows(query, params, options) {
    return (await this.run(query, params, options)).rows;
  }

  close() {
    return Promise.all(this.clients.map(c => c.shutdown()));
  }

  // -- what is asked, in order; later ones use what earlier ones made --

  async connecting() {
    this.c = await this.connect();
    const [row] = await this.rows('SELECT key, release_version, cluster_name FROM system.local');
    assert.strictEqual(row.key, 'local');
    assert.ok(row.release_version && row.cluster_name);
    assert.strictEqual(this.c.controlConnection.protocolVersion, this.protocol);
    const hosts = this.c.getState().getConnectedHosts();
    assert.deepStrictEqual(hosts.map(h => h.address), [`${this.host}:${this.port}`]);
  }

  async keyspace() {
    const simple = "WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";
    await this.run('DROP KEYSPACE IF EXISTS ' + this.ks);
    await this.run(`CREATE KEYSPACE ${this.ks} ${simple}`);
    await this.run(`CREATE KEYSPACE IF NOT EXISTS ${this.ks} ${simple}`);
    await this.run('USE ' + this.ks);
    await soon(() => this.c.metadata.keyspaces[this.ks], 'the keyspace in the metadata');
    this.c = await this.connect(this.ks);
  }

  async values() {
    const cases = fs.readFileSync(path.join(__dirname, 'values.tsv'), 'utf8').trimEnd().split('\n').slice(1)
      .map(line => line.split('\t'));
    const kinds = [...new Set(cases.map(c => c[0]))];
    await this.run('CREATE TYPE address (street text, zip int, tags frozen<set<text>>)');
    await this.run('CREATE TYPE person (name text, home frozen<address>, born date)');
    await this.run(`CREATE TABLE every (k int PRIMARY KEY, ${kinds.map((t, i) => `c${i} ${t}`).join()})`);
    const wrong = [];
    for (const [k, [type, literal, want]] of cases.entries()) {
      const column = 'c' + kinds.indexOf(type);
      try {
        await this.run(`INSERT INTO every (k, ${column}) VALUES (${k}, ${literal})`);
        const one = await this.run(`SELECT ${column} FROM every WHERE k = ${k}`);
        const value = one.rows[0][column];
        assert.strictEqual(said(value, one.columns[0].type), want, 'read');
        if (/\[\]|\{\}/.test(want)) continue; // what is empty this driver binds as null
        await this.run(`INSERT INTO every (k, ${column}) VALUES (?, ?)`, [k + 1000, value]);
        const two = await this.run(`SELECT ${column} FROM every WHERE k = ?`, [k + 1000]);
        assert.strictEqual(said(two.rows[0][column], two.columns[0].type), want, 'read after it was bound');
      } catch (e) {
        wrong.push(`${type} ${literal}: ${e.message}`);
      }
    }
    assert.ok(wrong.length === 0, `${wrong.length} of ${cases.length} values:\n  ${wrong.join('\n  ')}`);
  }

  async schema() {
    await this.run("CREATE TABLE known (a text, b int, c timeuuid, d int static, e frozen<list<address>>, " +
      "PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC) AND comment = 'what is known' AND gc_grace_seconds = 100");
    const table = await this.c.metadata.getTable(this.ks, 'known');
    assert.deepStrictEqual(table.columns.map(c => c.name).sort(), ['a', 'b', 'c', 'd', 'e']);
    assert.deepStrictEqual(table.partitionKeys.map(c => c.name), ['a', 'b']);
    assert.deepStrictEqual(table.clusteringKeys.map(c => c.name), ['c']);
    assert.deepStrictEqual(table.clusteringOrder, ['DESC']);
    assert.strictEqual(table.columnsByName.d.isStatic, true);
    assert.strictEqual(table.columnsByName.e.type.code, codes.list);
    assert.strictEqual(table.comment, 'what is known');
    assert.strictEqual(table.gcGraceSeconds, 100);
    const udt = await this.c.metadata.getUdt(this.ks, 'person');
    assert.deepStrictEqual(udt.fields.map(f => f.name), ['name', 'home', 'born']);
    assert.strictEqual(await this.c.metadata.getTable(this.ks, 'unknown'), null);
  }

  async nulls() {
    await this.run('CREATE TABLE nulls (k int, c int, v text, l list<int>, st text static, PRIMARY KEY (k, c))');
    const put = 'INSERT INTO nulls (k, c, v, l) VALUES (?, ?, ?, ?)';
    const get = async () => {
      const [row] = await this.rows('SELECT v, l, st FROM nulls WHERE k = 1');
      return [row.v, row.l, row.st];
    };
    await this.run(put, [1, 1, 'here', [1]]);
    await this.run(put, [1, 1, null, types.unset]);
    assert.deepStrictEqual(await get(), [null, [1], null]);
    await this.run(put, [1, 1, types.unset, []]);
    assert.deepStrictEqual(await get(), [null, null, null]);
    await this.run("INSERT INTO nulls (k, st) VALUES (2, 'alone')");
    const [alone] = await this.rows('SELECT k, c, st FROM nulls WHERE k = 2');
    assert.deepStrictEqual([alone.k, alone.c, alone.st], [2, null, 'alone']);
    await fails(refusals.invalid, () => this.run(put, [null, 1, 'x', null]));
  }

  async paging() {
    await this.run('CREATE TABLE pages (k int, c int, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)');
    await Promise.all(up(0, 300).map(i =>
      this.run('INSERT INTO pages (k, c, v) VALUES (?, ?, ?)', [Math.floor(i / 100), i % 100, 'v' + i])));
    const get = 'SELECT c, v FROM pages WHERE k = ?';
    const streamed = [];
    await new Promise((resolve, reject) => this.c.stream(get, [1], { prepare: true, fetchSize: 7, autoPage: true })
      .on('readable', function () { for (let row; (row = this.read());) streamed.push(row.c); })
      .on('end', resolve).on('error', reject));
    assert.deepStrictEqual(streamed, down(99, -1));
    const first = await this.run(get, [1], { fetchSize: 7 });
    assert.deepStrictEqual(first.rows.map(r => r.c), down(99, 92));
    const other = await this.connect(this.ks);
    const second = await other.execute(get, [1], { prepare: true, fetchSize: 50, pageState: first.pageState });
    assert.deepStrictEqual(second.rows.map(r => r.c), down(92, 42), 'a page by another connection');
    const all = [];
    for await (const row of await this.run('SELECT c FROM pages WHERE k = 1 ORDER BY c ASC LIMIT 60', undefined, { fetchSize: 9 })) {
      all.push(row.c);
    }
    assert.deepStrictEqual(all, up(0, 60), 'reversed, with a limit');
  }

  async batches() {
    await this.run('CREATE TABLE batches (k int, c int, v text, PRIMARY KEY (k, c))');
    const query = 'INSERT INTO batches (k, c, v) VALUES (?, ?, ?)';
    for (const [k, options] of [[1, { logged: true }], [2, { logged: false }], [3, { timestamp: 3000 }]]) {
      await this.c.batch(up(0, 20).map(c => ({ query, params: [k, c, 'b'] })), { prepare: true, ...options });
    }
    await this.c.batch(["INSERT INTO batches (k, c, v) VALUES (4, 1, 'text')", 'DELETE FROM batches WHERE k = 1 AND c = 3'],
      { prepare: false });
    for (const [k, n] of [[1, 19], [2, 20], [3, 20], [4, 1]]) {
      assert.strictEqual((await this.rows('SELECT c FROM batches WHERE k = ?', [k])).length, n, `batch ${k}`);
    }
    const [row] = await this.rows('SELECT writetime(v) AS w FROM batches WHERE k = 3 AND c = 5');
    assert.strictEqual(row.w.toString(), '3000');
  }

  async prepared() {
    await this.run('CREATE TABLE changes (k int PRIMARY KEY, v text)');
    const put = 'INSERT INTO changes (k, v) VALUES (?, ?)';
    const get = 'SELECT * FROM changes WHERE k = ?';
    await this.run(put, [1, 'one']);
    assert.strictEqual((await this.rows(get, [1]))[0].v, 'one');
    await this.run('ALTER TABLE changes ADD n int');
    await this.run("INSERT INTO changes (k, v, n) VALUES (2, 'two', 22)");
    await this.run(put, [3, 'three']);
    const rows = await Promise.all([1, 2, 3].map(async k => (await this.rows(get, [k]))[0]));
    assert.deepStrictEqual(rows.map(r => [r.k, r.v]), [[1, 'one'], [2, 'two'], [3, 'three']]);
    await this.run('DROP TABLE changes');
    await this.run('CREATE TABLE changes (k int PRIMARY KEY, v text)');
    await this.run(put, [7, 'seven']); // the server forgot it: the driver prepares again
    assert.strictEqual((await this.rows(get, [7]))[0].v, 'seven');
    await this.run('INSERT INTO changes (k, v) VALUES (:key, :value) USING TIMESTAMP :ts AND TTL :ttl',
      { key: 9, value: 'nine', ts: types.Long.fromNumber(5000), ttl: 500 });
    const [nine] = await this.rows('SELECT v, writetime(v) AS w, ttl(v) AS t FROM changes WHERE k = 9');
    assert.deepStrictEqual([nine.v, nine.w.toNumber(), nine.t > 400], ['nine', 5000, true]);
  }

  async named() { // values with names in a statement that is not prepared: flag 0x40 of the protocol
    await this.run('INSERT INTO changes (k, v) VALUES (:key, :value)', { key: 20, value: 'named' },
      { prepare: false, hints: { key: 'int' } });
    const [row] = await this.rows('SELECT v FROM changes WHERE k = :k', { k: 20 }, { prepare: false, hints: { k: 'int' } });
    assert.strictEqual(row.v, 'named');
    const [plain] = await this.rows('SELECT v FROM changes WHERE k = ?', [20], { prepare: false, hints: ['int'] });
    assert.strictEqual(plain.v, 'named');
  }

  async times() {
    await this.run('CREATE TABLE times (k int PRIMARY KEY, v text)');
    await this.run("INSERT INTO times (k, v) VALUES (1, 'new')", [], { timestamp: 2000 });
    await this.run("UPDATE times USING TIMESTAMP 1000 SET v = 'old' WHERE k = 1");
    const [row] = await this.rows('SELECT v, writetime(v) AS w FROM times WHERE k = 1');
    assert.deepStrictEqual([row.v, row.w.toNumber()], ['new', 2000]);
    await this.run("INSERT INTO times (k, v) VALUES (2, 'short') USING TTL 1");
    await soon(async () => (await this.rows('SELECT * FROM times WHERE k = 2')).length === 0, 'a row expires', 5);
  }

  async lwt() {
    await this.run('CREATE TABLE lwt (k int PRIMARY KEY, v text)');
    const once = 'INSERT INTO lwt (k, v) VALUES (?, ?) IF NOT EXISTS';
    const results = [];
    for (const v of ['first', 'second']) results.push(await this.run(once, [1, v]));
    assert.deepStrictEqual(results.map(r => r.wasApplied()), [true, false]);
    assert.strictEqual(results[1].first().v, 'first');
    const race = await Promise.all(up(0, 20).map(i => this.run(once, [2, 'racer ' + i])));
    assert.strictEqual(race.filter(r => r.wasApplied()).length, 1, 'one of 20 wins');
  }

  async errors() {
    const refused = [
      [refusals.syntaxError, 'SELEKT * FROM every'],
      [refusals.invalid, 'SELECT * FROM missing'],
      [refusals.invalid, 'SELECT * FROM no_such_keyspace.missing'],
      [refusals.invalid, 'SELECT nothing FROM every'],
      [refusals.alreadyExists, 'CREATE TABLE pages (k int PRIMARY KEY)'],
    ];
    for (const [code, query] of refused) await fails(code, () => this.run(query));
    await fails(refusals.invalid, () => this.run('SELECT * FROM missing WHERE k = ?', [1]));
    await fails(refusals.protocolError, () =>
      this.run('SELECT * FROM pages WHERE k = 1', undefined, { pageState: Buffer.from('nonsense').toString('hex') }));
    assert.strictEqual((await this.rows('SELECT * FROM pages WHERE k = 1 LIMIT 3')).length, 3);
  }

  async events() {
    const other = await this.connect();
    const has = name => async () => (await other.metadata.getTable(this.ks, 'seen'))?.columnsByName[name];
    await this.run('CREATE TABLE seen (k int PRIMARY KEY)');
    await soon(has('k'), 'an event of a table that was created');
    await this.run('ALTER TABLE seen ADD later text');
    await soon(has('later'), 'an event of a table that was altered');
    await this.run('DROP TABLE seen');
    await soon(async () => !(await has('k')()), 'an event of a table that was dropped');
  }

  async large() {
    await this.run('CREATE TABLE large (k int PRIMARY KEY, v blob)');
    const sizes = [0, 1, 131000, 131071, 131072, 1000000];
    for (const [k, n] of sizes.entries()) await this.run('INSERT INTO large (k, v) VALUES (?, ?)', [k, Buffer.alloc(n, 7)]);
    const got = await Promise.all(up(0, 200).map(i => this.rows('SELECT v FROM large WHERE k = ?', [i % sizes.length])));
    assert.deepStrictEqual(got.map(rows => rows[0].v.length), up(0, 200).map(i => sizes[i % sizes.length]));
  }

  async ends() {
    await this.run('TRUNCATE pages');
    assert.strictEqual((await this.rows('SELECT * FROM pages')).length, 0);
    await this.run('DROP KEYSPACE ' + this.ks);
    await fails(refusals.invalid, () => this.run(`SELECT * FROM ${this.ks}.pages`));
  }
}

const parts = ['connecting', 'keyspace', 'values', 'schema', 'nulls', 'paging', 'batches', 'prepared', 'named', 'times',
  'lwt', 'errors', 'events', 'large', 'ends'];

async function main() {
  const [host, port, ...protocols] = process.argv.slice(2);
  const version = require('cassandra-driver/package.json').version;
  let passed = 0, failed = 0;
  for (const protocol of protocols.length > 0 ? protocols : ['4']) {
    const pass = new Pass(host, Number(port), Number(protocol));
    for (const part of parts) {
      try {
        await pass[part]();
        passed++;
      } catch (e) {
        failed++;
        console.log(`FAILED: Node ${version}, protocol ${protocol}: ${part}: ${e.message}`);
        if (!pass.c) break;
      }
    }
    await pass.close();
  }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exit(failed > 0 ? 1 : 0);
}

main();
