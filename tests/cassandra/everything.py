"""Prints CQL that makes tables with every type and every kind of row and deletion, and fills them.

everything.py TYPES.TSV VERSION: literals of simple types come from the captured table of values.
"""
import collections
import random
import sys

SIMPLE = {"AsciiType": "ascii", "LongType": "bigint", "BytesType": "blob", "BooleanType": "boolean",
          "SimpleDateType": "date", "DecimalType": "decimal", "DoubleType": "double", "DurationType": "duration",
          "FloatType": "float", "InetAddressType": "inet", "Int32Type": "int", "ShortType": "smallint",
          "UTF8Type": "text", "TimeType": "time", "TimestampType": "timestamp", "TimeUUIDType": "timeuuid",
          "ByteType": "tinyint", "UUIDType": "uuid", "IntegerType": "varint"}
NESTED = {"l": "list<int>", "s": "set<text>", "m": "map<text,bigint>", "u": "everything.address",
          "fl": "frozen<list<frozen<map<text,int>>>>", "fs": "frozen<set<decimal>>", "fm": "frozen<map<int,text>>",
          "fu": "frozen<everything.address>", "tu": "tuple<int,text,frozen<list<boolean>>>",
          "lu": "list<frozen<everything.address>>"}
VALUES = {"l": ["[1, 2, 3]", "[-1]"], "s": ["{'a', 'b', ''}", "{'only'}"], "m": ["{'x': 1, 'y': -2}", "{'': 0}"],
          "u": ["{street: 'High St', zip: 7, tags: {'t', 'u'}}", "{zip: 1}"],
          "fl": ["[{'a': 1}, {}]", "[]"], "fs": ["{1.5, -2, 1E+3}", "{}"], "fm": ["{1: 'one', -1: 'minus'}", "{}"],
          "fu": ["{street: null, zip: 3}", "{street: 'x', zip: null, tags: {'a'}}"],
          "tu": ["(1, 'one', [true, false])", "(null, '', null)"],
          "lu": ["[{street: 'a', zip: 1}]", "[{zip: 2}, {street: 'b'}]"]}


def literals(path):
    """CQL literals of each simple type that an INSERT takes, without the empty one."""
    found = collections.defaultdict(list)
    for line in open(path, encoding="utf-8"):
        field = line.rstrip("\n").split("\t")
        name = field[0].rsplit(".", 1)[-1]
        if name in SIMPLE and len(field) > 2 and field[2] not in ("", "null", "-", "!") and field[1]:
            text = field[2].replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\")
            if ";" not in text and "$$" not in text and "\0" not in text:
                found[SIMPLE[name]].append(text)
    return found


def main():
    values, version = literals(sys.argv[1]), sys.argv[2]
    nested = dict(NESTED)
    if not version.startswith("4."):
        nested["v"] = "vector<float,3>"
        VALUES["v"] = ["[1, -2.5, 0]", "[0.1, 3e10, -0]"]
    rnd = random.Random(5)
    print("CREATE KEYSPACE everything WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};")
    print("CREATE TYPE everything.address (street text, zip int, tags frozen<set<text>>);")
    columns = ["c_%s %s" % (t, t) for t in sorted(values)] + ["n_%s %s" % i for i in sorted(nested.items())]
    print("CREATE TABLE everything.types (k int, c1 text, c2 timestamp, s1 text static, s2 set<int> static, %s,"
          " PRIMARY KEY (k, c1, c2)) WITH CLUSTERING ORDER BY (c1 DESC, c2 ASC) AND gc_grace_seconds = 864000;"
          % ", ".join(columns))
    ts = 1600000000000000
    for k in range(40):
        for row in range(12):
            ts += 1000
            cols = {"c_" + t: rnd.choice(v) for t, v in values.items() if rnd.random() < 0.5}
            cols.update({"n_" + n: rnd.choice(VALUES[n]) for n in nested if rnd.random() < 0.4})
            cols.update({"k": str(k), "c1": "'%s'" % rnd.choice(["", "a", "b\u00e9", "zz"]), "c2": str(row % 7)})
            using = " AND TTL %d" % rnd.choice([300000000, 310000000]) if rnd.random() < 0.2 else ""
            print("INSERT INTO everything.types (%s) VALUES (%s) USING TIMESTAMP %d%s;"
                  % (", ".join(cols), ", ".join(cols.values()), ts, using))
        key = "k = %d AND c1 = 'a' AND c2 = %d" % (k, rnd.randrange(7))
        ts += 1000
        print([
            "UPDATE everything.types USING TIMESTAMP %d SET n_l = n_l + [9], n_s = n_s - {'a'}, n_m['z'] = 5 WHERE %s;"
            % (ts, key),
            "UPDATE everything.types USING TIMESTAMP %d SET n_u.zip = 99, s1 = 'static', s2 = s2 + {1, 2} WHERE %s;"
            % (ts, key) if False else
            "UPDATE everything.types USING TIMESTAMP %d SET s1 = 'static %d', s2 = {1, 2} WHERE k = %d;" % (ts, k, k),
            "UPDATE everything.types USING TIMESTAMP %d SET n_u.zip = 99 WHERE %s;" % (ts, key),
            "DELETE c_int, n_s, n_m['x'], n_u FROM everything.types USING TIMESTAMP %d WHERE %s;" % (ts, key),
            "DELETE FROM everything.types USING TIMESTAMP %d WHERE %s;" % (ts, key),
            "DELETE FROM everything.types USING TIMESTAMP %d WHERE k = %d AND c1 = 'zz';" % (ts, k),
            "DELETE FROM everything.types USING TIMESTAMP %d WHERE k = %d AND c1 > 'a';" % (ts, k),
            "DELETE FROM everything.types USING TIMESTAMP %d WHERE k = %d AND c1 = 'a' AND c2 >= 2 AND c2 < 5;"
            % (ts, k),
            "DELETE FROM everything.types USING TIMESTAMP %d WHERE k = %d AND c1 <= 'b';" % (ts - 9000, k),
            "DELETE FROM everything.types USING TIMESTAMP %d WHERE k = %d;" % (ts - 9000, k),
        ][k % 10])
    print("CREATE TABLE everything.wide (a text, b bigint, c blob, d text, e int, PRIMARY KEY ((a, b), c, d))"
          " WITH CLUSTERING ORDER BY (c DESC, d ASC) AND compression = {'class': 'ZstdCompressor'};")
    for i in range(2500):
        print("INSERT INTO everything.wide (a, b, c, d, e) VALUES ('p', %d, 0x%04x, '%s', %d) USING TIMESTAMP %d;"
              % (i % 2, i // 3, "d" * (i % 150), i, ts + i))
        if i % 100 == 0:
            print("DELETE FROM everything.wide USING TIMESTAMP %d WHERE a = 'p' AND b = %d AND c > 0x%04x AND c <= 0x%04x;"
                  % (ts + i, i % 2, i // 3 - 20 if i >= 60 else 0, i // 3 + 40))
    print("CREATE TABLE everything.many (k int PRIMARY KEY, %s) WITH compression = {'enabled': false};"
          % ", ".join("x%02d int" % i for i in range(75)))
    for k in range(50):
        some = rnd.sample(range(75), rnd.choice([0, 1, 5, 40, 70, 75]))
        print("INSERT INTO everything.many (k%s) VALUES (%d%s) USING TIMESTAMP %d;"
              % ("".join(", x%02d" % i for i in some), k, "".join(", %d" % i for i in some), ts + k))
    print("CREATE TABLE everything.counts (k text, c int, n counter, s counter static, PRIMARY KEY (k, c));")
    for i in range(30):
        print("UPDATE everything.counts SET n = n + %d WHERE k = 'k%d' AND c = %d;" % (i * 7 - 50, i % 3, i % 5))
    print("UPDATE everything.counts SET s = s - 4 WHERE k = 'k1';")
    print("DELETE n FROM everything.counts WHERE k = 'k2' AND c = 1;")


main()
