# SSTables that a real Cassandra 5.0 flushed (tests/data/nb) print as its own sstabledump prints them.
for dir in "$ROOT"/tests/data/nb/*; do
	t=$(basename "$dir")
	zstd -dcq "$dir/expect.json.zst" >want
	sstdump -f sstabledump --now 2026-11-21T00:00:00Z "$dir"/*-Data.db >got || echo "$t: exit $?"
	cmp want got && echo "$t: $(grep -c '"type" : ' got) rows and bounds as sstabledump prints them"
	sstdump "$dir" | sed 's/^{"type":"\([a-z_]*\)".*/\1/' | sort | uniq -c | tr -s ' '
done
# Tables out of the field: counters, an index, a view, compact ones, dropped columns, a user type that grew,
# vectors, system tables; of 5.0 (da) and 4.1 (nb).  Cassandra's own tool dies of 4.1's index.
cd "$ROOT/tests/data/field" || exit 1
for f in */*-Data.db idx/.idx_*/*-Data.db; do
	dir=$(dirname "$f") n=${f##*/}
	n=${n#??-}
	sstdump -f sstabledump --now 2026-11-22T00:00:00Z "$f" >"$OLDPWD/got" || echo "$f: exit $?"
	if [ -f "$dir/expect-${n%%-*}.json.zst" ]; then
		zstd -dcq "$dir/expect-${n%%-*}.json.zst" | cmp - "$OLDPWD/got" && echo "$f: as sstabledump prints it"
	else
		cat "$OLDPWD/got"
	fi
	sstcheck -q "$f" || echo "$f: not sound"
done
