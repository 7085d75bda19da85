# SSTables that a real Cassandra 5.0 flushed (tests/data/nb) print as its own sstabledump prints them.
for dir in "$ROOT"/tests/data/nb/*; do
	t=$(basename "$dir")
	zstd -dcq "$dir/expect.json.zst" >want
	sstdump -f sstabledump --now 2026-11-21T00:00:00Z "$dir"/*-Data.db >got || echo "$t: exit $?"
	cmp want got && echo "$t: $(grep -c '"type" : ' got) rows and bounds as sstabledump prints them"
	sstdump "$dir" | sed 's/^{"type":"\([a-z_]*\)".*/\1/' | sort | uniq -c | tr -s ' '
done
