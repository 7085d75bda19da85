# Commit-log segments: of Cassandra 5.0 with its schema, without it, chosen, followed; and ours.
mkdir log nb
cp "$ROOT"/tests/data/commitlog/CommitLog* "$ROOT"/tests/data/commitlog/schema.cql log
D=log
S="--schema log/schema.cql"
# shellcheck disable=SC2086
sstdump -q $S "$D"/CommitLog-7-1795232893271.log >out 2>err
echo "exit $?"
sed 's/.*:/:/' err
sed 's/^{"type":"\([a-z_]*\)".*/\1/' out | sort | uniq -c | tr -s ' '
grep -v unknown out | head -n 3 | cut -c1-400 | sed 's/"file":"[^"]*"/"file":"…"/'
echo "== chosen"
# shellcheck disable=SC2086
sstdump -q $S -k 1 "$D"/CommitLog-7-1795232893271.log 2>/dev/null | wc -l
# shellcheck disable=SC2086
sstdump -q $S --tombstones "$D"/CommitLog-7-1795232893271.log 2>/dev/null | cut -c1-20 | sort | uniq -c
echo "== not for reports"
sstdump --show stats "$D"/CommitLog-7-1795232893271.log
echo "exit $?"
sstdump -f csv "$D"/CommitLog-7-1795232893271.log
sstdump -F nb
