# sstdump on SSTables of Cassandra and ScyllaDB: both forms, schema, folders, operands.
[ -d "$FIX" ] || { echo "no ../shared/fixtures" >&2; exit 77; }
S=$FIX/scylla/uncompressed
mkdir -p data/ks/t-00112233445566778899aabbccddeeff/snapshots/x data/ks/u
cp "$S"/static_row/mc-1-big-* data/ks/t-00112233445566778899aabbccddeeff
cp "$S"/static_row/mc-1-big-* data/ks/t-00112233445566778899aabbccddeeff/snapshots/x
cp "$S"/range_tombstones_simple/mc-1-big-* data/ks/u
T=data/ks/t-00112233445566778899aabbccddeeff

echo "== a file"
sstdump $T/mc-1-big-Data.db | head -n 2
echo "== a data directory: two tables, no snapshot"
sstdump data | sed 's/.*"table":"\([^"]*\)".*"type.*/\1/; s/.*"table":"\([^"]*\)","file":"\([^"]*\)".*/\1 \2/' | sort | uniq -c | awk '{ print $1, $2, $3 }'
sstdump -d data | cksum >a
OSTRAKA_DIR=data sstdump | cksum >b
sstdump data | cksum >c
cmp a b && cmp a c
echo "== a snapshot when it is named, two documents"
sstdump -q -f sstabledump $T/snapshots/x $T/mc-1-big-Data.db | grep -c '^\]'
echo "== range tombstones"
sstdump data/ks/u | head -n 2
echo "== with a schema"
echo 'CREATE TABLE ks.t (pk int, ck int, s int static, val int, PRIMARY KEY (pk, ck));' >s.cql
sstdump --schema s.cql $T | head -n 1
mv s.cql $T/schema.cql
sstdump $T | sed -n 2p
echo 'CREATE TABLE ks.t (pk bigint, ck int, s int static, val int, PRIMARY KEY (pk, ck));' >$T/schema.cql
sstdump $T | sed -n 2p
echo "exit $(sstdump $T 2>&1 >/dev/null; echo $?)"
echo "== nothing there is fine"
mkdir empty
sstdump empty
echo "exit $?"
