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
echo "== damage, with its place"
zstd -dqc "$ROOT/tests/data/chat.jsonl.zst" | head -n 5 >five
msgput -d d --keep-log five
numberless() { sed -e 's/-7-[0-9]*/-7-N/' -e 's/[0-9][0-9]* bytes/N bytes/' -e 's/[0-9]*$/N/' -e 's/segment [0-9]*/segment N/'; }
L=$(echo d/commitlog/CommitLog-7-*.log)
# damage OFFSET: on a copy
damage() {
	mkdir -p x/commitlog && cp "$L" x/commitlog
	printf X | dd of="x/commitlog/${L##*/}" bs=1 seek="$1" conv=notrunc status=none
	sstdump --schema d/data/chat/*/schema.cql x/commitlog 2>&1 >out | numberless
	wc -l <out
}
damage 400
damage 20
cp "$L" CommitLog-7-5.log
sstdump CommitLog-7-5.log 2>&1 | numberless
