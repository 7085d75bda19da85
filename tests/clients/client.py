"""What a Python client asks of a server, and what it must answer: client.py HOST PORT [PASS...]

Passes are protocol versions, with lz4 if the bodies are to be compressed: 4 5 4lz4 5lz4.  The driver is
the one of the interpreter that runs this: Cassandra's, from a registry or Debian, or ScyllaDB's.
"""
import collections
import datetime
import decimal
import math
import os
import struct
import sys
import time
import uuid

import cassandra
from cassandra import AlreadyExists, ConsistencyLevel, InvalidRequest
from cassandra.cluster import Cluster, ExecutionProfile, EXEC_PROFILE_DEFAULT, NoHostAvailable
from cassandra.policies import FallthroughRetryPolicy, WhiteListRoundRobinPolicy
from cassandra.protocol import ConfigurationException, SyntaxException
from cassandra.query import BatchStatement, BatchType, SimpleStatement, UNSET_VALUE
from cassandra.util import Date, Duration, SortedSet, Time

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = datetime.datetime(1970, 1, 1)


def version(text):
    return tuple(int(n) for n in text.split("-")[0].split(".")[:3])


def said(value):
    """A value as values.tsv says it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "f:nan" if math.isnan(value) else "f:" + struct.pack(">d", value).hex()
    if isinstance(value, decimal.Decimal):
        sign, digits, exponent = value.as_tuple()
        return "dec(%s%s,%d)" % ("-" if sign else "", "".join(map(str, digits)), -exponent)
    if isinstance(value, str):
        return '"%s"' % value
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, datetime.datetime):
        return "ms:%d" % ((value - EPOCH) // datetime.timedelta(milliseconds=1))
    if isinstance(value, Time):
        return str(value.nanosecond_time)
    if isinstance(value, Duration):
        return "dur(%d,%d,%d)" % (value.months, value.days, value.nanoseconds)
    if isinstance(value, (uuid.UUID, Date)):
        return str(value)
    if hasattr(value, "_fields"):
        return "<%s>" % ",".join(sorted("%s=%s" % (f, said(getattr(value, f))) for f in value._fields))
    if isinstance(value, tuple):
        return "(%s)" % ",".join(map(said, value))
    if hasattr(value, "items"):
        return "{%s}" % ",".join(sorted("%s:%s" % (said(k), said(v)) for k, v in value.items()))
    if isinstance(value, (set, frozenset, SortedSet)):
        return "{%s}" % ",".join(sorted(map(said, value)))
    if hasattr(value, "__iter__"):
        return "[%s]" % ",".join(map(said, value))
    raise TypeError("what is a %r?" % type(value))


def equal(got, want, what=""):
    if got != want:
        raise AssertionError("%s: %r, want %r" % (what, got, want))


def fails(kind, code, call, *args):
    """The call is refused by the server, with this class and code; gives its text."""
    try:
        call(*args)
    except NoHostAvailable as e:
        error = list(e.errors.values())[0]
    except Exception as e:
        error = e
    else:
        raise AssertionError("%s: succeeded, want %s" % (args, kind.__name__))
    if not isinstance(error, kind):
        raise AssertionError("%s: %s %s, want %s" % (args, type(error).__name__, error, kind.__name__))
    if code and "code=%04x" % code not in str(error) and getattr(error, "error_code", code) != code:
        raise AssertionError("%s: %s, want code %04x" % (args, error, code))
    return str(error)


def soon(condition, what, seconds=15):
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


class Client:
    """One pass: a cluster of one protocol version."""

    def __init__(self, host, port, how):
        self.host, self.port, self.protocol = host, port, int(how[0])
        self.lz4 = how.endswith("lz4")
        self.ks = "py_%s" % how
        self.clusters = []
        self.cluster, self.s = self.connect()

    def connect(self, keyspace=None):
        profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([self.host]), request_timeout=60,
                                   retry_policy=FallthroughRetryPolicy(), consistency_level=ConsistencyLevel.LOCAL_QUORUM)
        cluster = Cluster([self.host], port=self.port, protocol_version=self.protocol, connect_timeout=30,
                          compression="lz4" if self.lz4 else False, schema_event_refresh_window=0,
                          execution_profiles={EXEC_PROFILE_DEFAULT: profile})
        self.clusters.append(cluster)
        return cluster, cluster.connect(keyspace)

    def close(self):
        for cluster in self.clusters:
            cluster.shutdown()

    # -- what is asked, in order; later ones use what earlier ones made --

    def test_connect(self):
        row = self.s.execute("SELECT key, release_version, cluster_name, host_id, partitioner FROM system.local").one()
        equal(row.key, "local")
        equal(row.partitioner, "org.apache.cassandra.dht.Murmur3Partitioner")
        if not row.cluster_name or not row.release_version or not row.host_id:
            raise AssertionError(row)
        connection = self.cluster.control_connection._connection
        equal(connection.protocol_version, self.protocol)
        if self.lz4 and not connection.compressor:
            raise AssertionError("not compressed")
        equal(list(self.s.execute("SELECT peer FROM system.peers")), [])

    def test_keyspace(self):
        self.s.execute("DROP KEYSPACE IF EXISTS " + self.ks)
        self.s.execute("CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}" % self.ks)
        self.s.execute("CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
                       % self.ks)
        self.s.execute("CREATE KEYSPACE %s_two WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': '1'}"
                       " AND durable_writes = true" % self.ks)
        self.s.execute("DROP KEYSPACE %s_two" % self.ks)
        self.s.set_keyspace(self.ks)
        soon(lambda: self.ks in self.cluster.metadata.keyspaces, "the keyspace in the metadata")
        if self.ks + "_two" in self.cluster.metadata.keyspaces:
            raise AssertionError("a dropped keyspace is still there")
        strategy = self.cluster.metadata.keyspaces[self.ks].replication_strategy
        equal((type(strategy).__name__, strategy.replication_factor), ("SimpleStrategy", 1))

    def test_values(self):
        cases = [line.rstrip("\n").split("\t") for line in open(HERE + "/values.tsv", encoding="utf-8")][1:]
        if version(cassandra.__version__) < (3, 29):  # it takes vectors for blobs
            cases = [c for c in cases if not c[0].startswith("vector")]
        types = list(collections.OrderedDict.fromkeys(c[0] for c in cases))
        self.s.execute("CREATE TYPE address (street text, zip int, tags frozen<set<text>>)")
        self.s.execute("CREATE TYPE person (name text, home frozen<address>, born date)")
        self.s.execute("CREATE TABLE every (k int PRIMARY KEY, %s)" % ", ".join("c%d %s" % i for i in enumerate(types)))
        table = self.cluster.metadata.keyspaces[self.ks].tables["every"]
        for i, t in enumerate(types):
            want = {"varchar": "text"}.get(t, t)
            equal(table.columns["c%d" % i].cql_type.replace(" ", ""), want, "type of a column")
        equal(self.cluster.metadata.keyspaces[self.ks].user_types["person"].field_names, ["name", "home", "born"])
        wrong = []
        for k, (t, literal, want) in enumerate(cases):
            column = "c%d" % types.index(t)
            try:
                self.s.execute("INSERT INTO every (k, %s) VALUES (%d, %s)" % (column, k, literal.replace("%", "%%")))
                one = self.s.execute("SELECT %s FROM every WHERE k = %d" % (column, k)).one()[0]
                if said(one) != want:
                    wrong.append("%s %s: read %s, want %s" % (t, literal, said(one), want))
                    continue
                self.s.execute(self.s.prepare("INSERT INTO every (k, %s) VALUES (?, ?)" % column), (k + 1000, one))
                again = self.s.execute(self.s.prepare("SELECT %s FROM every WHERE k = ?" % column), (k + 1000,)).one()[0]
                if said(again) != want:
                    wrong.append("%s %s: read %s after it was bound, want %s" % (t, literal, said(again), want))
            except Exception as e:
                wrong.append("%s %s: %s %s" % (t, literal, type(e).__name__, e))
        if wrong:
            raise AssertionError("%d of %d values:\n  %s" % (len(wrong), len(cases), "\n  ".join(wrong)))

    def test_nulls(self):
        self.s.execute("CREATE TABLE nulls (k int, c int, v text, l list<int>, st text static, PRIMARY KEY (k, c))")
        put = self.s.prepare("INSERT INTO nulls (k, c, v, l) VALUES (?, ?, ?, ?)")
        self.s.execute(put, (1, 1, "here", [1]))
        self.s.execute(put, (1, 1, None, UNSET_VALUE))
        equal(tuple(self.s.execute("SELECT v, l, st FROM nulls WHERE k = 1").one()), (None, [1], None))
        self.s.execute(put, (1, 1, UNSET_VALUE, []))
        equal(tuple(self.s.execute("SELECT v, l, st FROM nulls WHERE k = 1").one()), (None, None, None))
        self.s.execute("INSERT INTO nulls (k, st) VALUES (2, 'alone')")
        equal([tuple(r) for r in self.s.execute("SELECT k, c, st FROM nulls WHERE k = 2")], [(2, None, "alone")])
        fails(InvalidRequest, 0x2200, self.s.execute, put, (None, 1, "x", None))

    def test_collections(self):
        self.s.execute("CREATE TABLE coll (k int PRIMARY KEY, l list<int>, s set<text>, m map<text, int>, a address)")
        for statement in ("UPDATE coll SET l = [1, 2], s = {'a'}, m = {'x': 1}, a = {street: 's', zip: 1} WHERE k = 1",
                          "UPDATE coll SET l = l + [3], s = s + {'b', 'c'}, m = m + {'y': 2}, a.zip = 9 WHERE k = 1",
                          "UPDATE coll SET l = [0] + l, s = s - {'a'}, m['z'] = 3 WHERE k = 1",
                          "DELETE m['x'] FROM coll WHERE k = 1"):
            self.s.execute(statement)
        row = self.s.execute("SELECT l, s, m, a FROM coll WHERE k = 1").one()
        equal([said(v) for v in row], ["[0,1,2,3]", '{"b","c"}', '{"y":2,"z":3}', '<street="s",tags=null,zip=9>'])

    def test_paging(self):
        self.s.execute("CREATE TABLE pages (k int, c int, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)")
        put = self.s.prepare("INSERT INTO pages (k, c, v) VALUES (?, ?, ?)")
        for future in [self.s.execute_async(put, (k, c, "v%d" % c)) for k in range(3) for c in range(100)]:
            future.result()
        get = self.s.prepare("SELECT c, v FROM pages WHERE k = ?")
        get.fetch_size = 7
        equal([r.c for r in self.s.execute(get, (1,))], list(range(99, -1, -1)), "all pages")
        first = self.s.execute(get, (1,))
        equal([r.c for r in first.current_rows], list(range(99, 92, -1)), "the first page")
        cluster, other = self.connect(self.ks)
        get2 = other.prepare("SELECT c, v FROM pages WHERE k = ?")
        get2.fetch_size = 50
        second = other.execute(get2, (1,), paging_state=first.paging_state)
        equal([r.c for r in second.current_rows], list(range(92, 42, -1)), "a page by another connection")
        cluster.shutdown()
        up = SimpleStatement("SELECT c FROM pages WHERE k = 1 ORDER BY c ASC LIMIT 60", fetch_size=9)
        equal([r.c for r in self.s.execute(up)], list(range(60)), "reversed, with a limit")
        every = SimpleStatement("SELECT k, c FROM pages", fetch_size=11)
        equal(sorted((r.k, r.c) for r in self.s.execute(every)), [(k, c) for k in range(3) for c in range(100)], "all")
        both = SimpleStatement("SELECT k, c FROM pages WHERE k IN (0, 2) AND c > 10 AND c <= 20", fetch_size=3)
        equal([(r.k, r.c) for r in self.s.execute(both)], [(k, c) for k in (0, 2) for c in range(20, 10, -1)], "IN")
        few = SimpleStatement("SELECT k, c FROM pages PER PARTITION LIMIT 2", fetch_size=1)
        equal(sorted((r.k, r.c) for r in self.s.execute(few)), [(k, c) for k in range(3) for c in (98, 99)], "per partition")
        equal(sorted(r.k for r in self.s.execute(SimpleStatement("SELECT DISTINCT k FROM pages", fetch_size=2))), [0, 1, 2])
        fails(Exception, None, self.s.execute, SimpleStatement("SELECT c FROM pages WHERE k = 1"), None, False, None,
              EXEC_PROFILE_DEFAULT, b"nonsense")
        ring = [(r.k, r.t) for r in self.s.execute("SELECT DISTINCT k, token(k) AS t FROM pages")]
        middle = sorted(t for _, t in ring)[1]
        equal([r.k for r in self.s.execute("SELECT DISTINCT k FROM pages WHERE token(k) > %d" % middle)],
              [k for k, t in ring if t > middle], "token()")
        equal(self.s.execute("SELECT count(*) FROM pages WHERE k = 1").one()[0], 100, "count")

    def test_batches(self):
        self.s.execute("CREATE TABLE batches (k int, c int, v text, PRIMARY KEY (k, c))")
        put = self.s.prepare("INSERT INTO batches (k, c, v) VALUES (?, ?, ?)")
        for k, kind in ((1, BatchType.LOGGED), (2, BatchType.UNLOGGED)):
            batch = BatchStatement(kind)
            for c in range(20):
                batch.add(put, (k, c, "b"))
            batch.add(SimpleStatement("DELETE FROM batches WHERE k = %s AND c = 3"), (k,))
            batch.add("UPDATE batches SET v = 'text' WHERE k = %d AND c = 4" % (k + 10))
            self.s.execute(batch)
        equal(self.s.execute("SELECT count(*) FROM batches WHERE k = 2").one()[0], 19)
        equal(self.s.execute("SELECT v FROM batches WHERE k = 11 AND c = 4").one().v, "text")
        self.s.execute("BEGIN BATCH USING TIMESTAMP 1000 INSERT INTO batches (k, c, v) VALUES (5, 1, 'old');"
                       " INSERT INTO batches (k, c, v) VALUES (5, 2, 'old') APPLY BATCH")
        self.s.execute("BEGIN UNLOGGED BATCH INSERT INTO batches (k, c, v) VALUES (5, 1, 'older') USING TIMESTAMP 999;"
                       " INSERT INTO batches (k, c, v) VALUES (5, 2, 'newer') USING TIMESTAMP 1001; APPLY BATCH;")
        equal([(r.v, r[1]) for r in self.s.execute("SELECT v, writetime(v) FROM batches WHERE k = 5")],
              [("old", 1000), ("newer", 1001)])

    def test_prepared(self):
        self.s.execute("CREATE TABLE changes (k int PRIMARY KEY, v text)")
        put = self.s.prepare("INSERT INTO changes (k, v) VALUES (?, ?)")
        get = self.s.prepare("SELECT * FROM changes WHERE k = ?")
        equal(get.routing_key_indexes, [0], "partition key in the prepared statement")
        self.s.execute(put, (1, "one"))
        equal(tuple(self.s.execute(get, (1,)).one()), (1, "one"))
        self.s.execute("ALTER TABLE changes ADD n int")
        self.s.execute("INSERT INTO changes (k, v, n) VALUES (2, 'two', 22)")
        self.s.execute(put, (3, "three"))
        rows = [self.s.execute(get, (k,)).one()._asdict() for k in (1, 2, 3)]
        equal([(r["k"], r["v"]) for r in rows], [(1, "one"), (2, "two"), (3, "three")])
        equal([r.get("n") for r in rows], [None, 22, None], "a column that was added")
        self.s.execute("DROP TABLE changes")
        self.s.execute("CREATE TABLE changes (k int PRIMARY KEY, v text)")
        self.s.execute(put, (7, "seven"))  # the server forgot it: the driver prepares again
        equal(self.s.execute(get, (7,)).one().v, "seven")
        _, other = self.connect(self.ks)
        other.execute(put, (8, "eight"))  # ids belong to the node
        equal(other.execute(get, (8,)).one().v, "eight")
        named = self.s.prepare("INSERT INTO changes (k, v) VALUES (:key, :value) USING TIMESTAMP :ts AND TTL :ttl")
        self.s.execute(named, {"key": 9, "value": "nine", "ts": 5000, "ttl": 500})
        row = self.s.execute("SELECT v, writetime(v), ttl(v) FROM changes WHERE k = 9").one()
        equal((row[0], row[1], 400 < row[2] <= 500), ("nine", 5000, True))
        many = self.s.prepare("SELECT k FROM changes WHERE k IN ? LIMIT ?")
        equal([r.k for r in self.s.execute(many, ([7, 8, 9, 10], 2))], [7, 8])

    def test_times(self):
        self.s.execute("CREATE TABLE times (k int PRIMARY KEY, v text, w text)")
        self.s.execute("INSERT INTO times (k, v, w) VALUES (1, 'new', 'w') USING TIMESTAMP 2000")
        self.s.execute("UPDATE times USING TIMESTAMP 1000 SET v = 'old' WHERE k = 1")
        self.s.execute("DELETE v FROM times USING TIMESTAMP 1999 WHERE k = 1")
        equal(tuple(self.s.execute("SELECT v, writetime(v), writetime(w) FROM times WHERE k = 1").one()), ("new", 2000, 2000))
        self.s.execute("DELETE FROM times USING TIMESTAMP 2000 WHERE k = 1")
        equal(list(self.s.execute("SELECT * FROM times WHERE k = 1")), [])
        self.s.execute("INSERT INTO times (k, v) VALUES (2, 'short') USING TTL 1")
        self.s.execute("INSERT INTO times (k, v) VALUES (3, 'long') USING TTL 1000")
        self.s.execute("UPDATE times USING TTL 1 SET w = 'short' WHERE k = 3")
        left = self.s.execute("SELECT ttl(v) FROM times WHERE k = 3").one()[0]
        if not 900 < left <= 1000:
            raise AssertionError("ttl %r" % left)
        soon(lambda: not list(self.s.execute("SELECT * FROM times WHERE k = 2")), "a row expires", 5)
        soon(lambda: self.s.execute("SELECT w FROM times WHERE k = 3").one().w is None, "a cell expires", 5)
        before = time.time()
        self.s.execute(SimpleStatement("INSERT INTO times (k, v) VALUES (4, 'now')"))
        wrote = self.s.execute("SELECT writetime(v) FROM times WHERE k = 4").one()[0] / 1e6
        if not before - 5 < wrote < time.time() + 5:
            raise AssertionError("written at %r" % wrote)

    def test_lwt(self):
        self.s.execute("CREATE TABLE lwt (k int, c int, v text, PRIMARY KEY (k, c))")
        once = "INSERT INTO lwt (k, c, v) VALUES (1, 1, '%s') IF NOT EXISTS"
        equal(self.s.execute(once % "first").was_applied, True)
        result = self.s.execute(once % "second")
        equal(result.was_applied, False)
        equal(result.one()[1:], (1, 1, "first"), "what was there")
        put = self.s.prepare("INSERT INTO lwt (k, c, v) VALUES (?, ?, ?) IF NOT EXISTS")
        equal([self.s.execute(put, (1, c, "p")).was_applied for c in (1, 2, 2)], [False, True, False])
        equal([r.v for r in self.s.execute("SELECT v FROM lwt WHERE k = 1")], ["first", "p"])

    def test_errors(self):
        s = self.s
        fails(SyntaxException, 0x2000, s.execute, "SELEKT * FROM every")
        fails(SyntaxException, 0x2000, s.execute, "SELECT * FROM every WHERE")
        fails(SyntaxException, 0x2000, s.prepare, "INSERT INTO every (k VALUES (1)")
        fails(InvalidRequest, 0x2200, s.execute, "SELECT * FROM missing")
        fails(InvalidRequest, 0x2200, s.execute, "SELECT * FROM no_such_keyspace.missing")
        fails(InvalidRequest, 0x2200, s.execute, "SELECT nothing FROM every")
        fails(InvalidRequest, 0x2200, s.execute, "INSERT INTO every (k) VALUES ('text')")
        fails(InvalidRequest, 0x2200, s.execute, "INSERT INTO pages (k, v) VALUES (1, 'no clustering')")
        fails(InvalidRequest, 0x2200, s.execute, "SELECT * FROM pages WHERE v = 'x'")
        fails(InvalidRequest, 0x2200, s.execute, "SELECT * FROM pages ORDER BY c")
        fails(InvalidRequest, 0x2200, s.prepare, "SELECT * FROM missing WHERE k = ?")
        fails(AlreadyExists, None, s.execute, "CREATE TABLE pages (k int PRIMARY KEY)")
        fails(AlreadyExists, None, s.execute,
              "CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}" % self.ks)
        s.execute("CREATE TABLE IF NOT EXISTS pages (k int PRIMARY KEY)")
        s.execute("DROP TABLE IF EXISTS missing")
        fails((InvalidRequest, ConfigurationException), None, s.execute, "DROP TABLE missing")
        fails((InvalidRequest, ConfigurationException), None, s.execute, "ALTER TABLE pages DROP k")
        fails((InvalidRequest, ConfigurationException), None, s.execute, "CREATE TABLE bad (k int, v nothing, PRIMARY KEY (k))")
        fails(InvalidRequest, 0x2200, s.execute, s.prepare("SELECT * FROM pages WHERE k = ? LIMIT ?"), (1, 0))
        equal(len(list(s.execute("SELECT * FROM pages WHERE k = 1 LIMIT 3"))), 3, "the connection lives on")

    def test_events(self):
        cluster, _ = self.connect()
        tables = lambda: cluster.metadata.keyspaces[self.ks].tables
        self.s.execute("CREATE TABLE seen (k int PRIMARY KEY)")
        soon(lambda: "seen" in tables(), "an event of a table that was created")
        self.s.execute("ALTER TABLE seen ADD later text")
        soon(lambda: "later" in tables()["seen"].columns, "an event of a table that was altered")
        self.s.execute("CREATE TYPE kind (n int)")
        soon(lambda: "kind" in cluster.metadata.keyspaces[self.ks].user_types, "an event of a type")
        self.s.execute("DROP TYPE kind")
        soon(lambda: "kind" not in cluster.metadata.keyspaces[self.ks].user_types, "an event of a type that was dropped")
        self.s.execute("DROP TABLE seen")
        soon(lambda: "seen" not in tables(), "an event of a table that was dropped")

    def test_large(self):
        self.s.execute("CREATE TABLE large (k int PRIMARY KEY, v blob)")
        put, get = (self.s.prepare(q) for q in ("INSERT INTO large (k, v) VALUES (?, ?)", "SELECT v FROM large WHERE k = ?"))
        sizes = (0, 1, 131000, 131071, 131072, 262143, 1000000)  # a segment of v5 holds 131,071 bytes
        for k, n in enumerate(sizes):
            self.s.execute(put, (k, os.urandom(n // 2) + bytes(n - n // 2)))
        equal([len(self.s.execute(get, (k,)).one().v) for k in range(len(sizes))], list(sizes))
        futures = [self.s.execute_async(get, (k % len(sizes),)) for k in range(200)]
        equal([len(f.result().one().v) for f in futures], [sizes[k % len(sizes)] for k in range(200)], "200 in flight")

    def test_truncate(self):
        self.s.execute("TRUNCATE pages")
        equal(list(self.s.execute("SELECT * FROM pages")), [])
        self.s.execute("INSERT INTO pages (k, c, v) VALUES (1, 1, 'again')")
        equal(len(list(self.s.execute("SELECT * FROM pages"))), 1)

    def test_extras(self):
        traced = self.s.execute_async("SELECT * FROM pages WHERE k = 1", trace=True)
        equal(len(list(traced.result())), 1, "tracing asked for")
        paid = self.s.execute("SELECT * FROM pages WHERE k = 1", custom_payload={"key": b"value"})
        equal(len(list(paid)), 1, "a custom payload")
        for level in (ConsistencyLevel.ONE, ConsistencyLevel.QUORUM, ConsistencyLevel.ALL, ConsistencyLevel.EACH_QUORUM):
            self.s.execute(SimpleStatement("INSERT INTO pages (k, c) VALUES (1, 2)", consistency_level=level))

    def test_drop(self):
        self.s.execute("DROP KEYSPACE " + self.ks)
        soon(lambda: self.ks not in self.cluster.metadata.keyspaces, "the keyspace leaves the metadata")
        fails(InvalidRequest, 0x2200, self.s.execute, "SELECT * FROM %s.pages" % self.ks)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    passed = failed = 0
    for how in sys.argv[3:] or ["4", "5", "4lz4", "5lz4"]:
        client = None
        for name in [n[5:] for n in vars(Client) if n.startswith("test_")]:
            try:
                client = client or Client(host, port, how)
                getattr(client, "test_" + name)()
                passed += 1
            except Exception as e:
                failed += 1
                print("FAILED: Python %s, protocol %s: %s: %s: %s" % (cassandra.__version__, how, name, type(e).__name__, e))
                if client is None:
                    break
        if client:
            client.close()
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
