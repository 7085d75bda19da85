"""Random CQL of every kind of deletion, overwrite and TTL: deletes.py SEED TABLE COUNT, or deletes.py --table
TABLE GC_GRACE for the table itself.  Write times lie in a few microseconds, so that writes of several
flushes meet, also at equal times."""
import random
import sys


def table(name, gc_grace):
    return ("CREATE TABLE %s (k int, c int, d text, v text, w int, s text STATIC, m map<int, text>, "
            "f frozen<list<int>>, PRIMARY KEY (k, c, d)) WITH CLUSTERING ORDER BY (c DESC, d ASC) AND "
            "gc_grace_seconds = %s AND compression = {'class': 'LZ4Compressor', 'chunk_length_in_kb': 4};"
            % (name, gc_grace))


class Writer:
    def __init__(self, seed, name):
        self.r = random.Random(seed)
        self.name = name

    def using(self, ttl=True):
        text = " USING TIMESTAMP %d" % self.r.randint(1, 60)
        if ttl and self.r.random() < 0.3:  # one that is over soon, one that is not
            text += " AND TTL %d" % self.r.choice([1, 1, 400000])
        return text

    def place(self):
        return "k = %d AND c = %d AND d = '%s'" % (self.r.randint(0, 30), self.r.randint(0, 6),
                                                    self.r.choice("ab"))

    def value(self, column):
        if self.r.random() < 0.15:
            return "null"
        n = self.r.randint(0, 9)
        return {"v": "'v%d'" % n, "w": str(n), "s": "'s%d'" % n, "f": "[%d, 2]" % n,
                "m": "{%d: 'a', %d: 'b'}" % (n, n + 1)}[column]

    def insert(self):
        columns = [c for c in "vwmf" if self.r.random() < 0.5]
        return "INSERT INTO %s (%s) VALUES (%s)%s;" % (
            self.name, ", ".join(["k", "c", "d"] + columns),
            ", ".join([str(self.r.randint(0, 30)), str(self.r.randint(0, 6)),
                       "'%s'" % self.r.choice("ab")] + [self.value(c) for c in columns]),
            self.using())

    def update(self):
        column = self.r.choice("vwmf")
        what = "%s = %s" % (column, self.value(column))
        if self.r.random() < 0.2:
            what = self.r.choice(["m = m + {%d: 'x'}", "m[%d] = 'y'", "m[%d] = null"]) % self.r.randint(0, 9)
        return "UPDATE %s%s SET %s WHERE %s;" % (self.name, self.using(), what, self.place())

    def static(self):
        return "UPDATE %s%s SET s = %s WHERE k = %d;" % (self.name, self.using(), self.value("s"),
                                                         self.r.randint(0, 30))

    def delete(self):
        k, c = self.r.randint(0, 30), self.r.randint(0, 6)
        what, where = self.r.choice([
            ("", "k = %d AND c = %d AND d = 'a'" % (k, c)),
            ("", "k = %d AND c = %d AND d = 'b'" % (k, c)),
            ("", "k = %d AND c = %d" % (k, c)),
            ("", "k = %d AND c > %d AND c <= %d" % (k, c, c + self.r.randint(1, 4))),
            ("", "k = %d AND c < %d" % (k, c)),
            ("", "k = %d AND c = %d AND d > 'a'" % (k, c)),
            ("", "k = %d" % k),
            (self.r.choice([" v", " m", " m[3]", " f, w"]), "k = %d AND c = %d AND d = 'a'" % (k, c)),
        ])
        return "DELETE%s FROM %s%s WHERE %s;" % (what, self.name, self.using(ttl=False), where)

    def one(self):
        return self.r.choices([self.insert, self.update, self.static, self.delete], [8, 5, 1, 3])[0]()


def main():
    if sys.argv[1] == "--table":
        print(table(sys.argv[2], sys.argv[3]))
        return
    w = Writer(int(sys.argv[1]), sys.argv[2])
    for _ in range(int(sys.argv[3])):
        print(w.one())


if __name__ == "__main__":
    main()
