# --rebuild makes what Cassandra made; --salvage keeps what can be read and names what is lost.
C="$ROOT"/tests/data/nb
for t in counts many types wide; do
	cp -r "$C/$t" "$t"
	rm "$t"/nb-1-big-Index.db "$t"/nb-1-big-Summary.db
	echo x >>"$t"/nb-1-big-Filter.db
	echo 1 >"$t"/nb-1-big-Digest.crc32
	sstcheck -q --rebuild "$t" >out 2>&1
	echo "$t: exit $?"
	tail -n 1 out
	for f in Index Summary Filter Statistics Digest; do
		cmp "$C/$t"/nb-1-big-$f.* "$t"/nb-1-big-$f.*
	done
	sstcheck "$t" | tail -n 1
	find "$t" -name '*.tmp'
done
echo "== tries too: those of a folder of small blocks are others, and as good"
for f in "$ROOT"/tests/data/da/* "$ROOT"/tests/data/field/*; do
	[ -f "$f"/da-1-bti-Partitions.db ] || continue
	rm -rf t && cp -r "$f" t && rm t/*-Rows.db
	echo x >>t/da-1-bti-Partitions.db
	echo x >>t/da-1-bti-Filter.db
	sstcheck -q --rebuild t >out 2>&1 || { echo "$f: exit $?"; cat out; }
	for c in Partitions.db Rows.db Filter.db Digest.crc32 TOC.txt; do
		cmp -s t/da-1-bti-$c "$f"/da-1-bti-$c && echo "$c is the same" || echo "$c is another"
	done
	sstcheck -q t
	sstdiff "$f" t
	case $f in */parts) continue ;; esac # whose keys have colons and more in them
	sstdump --show partitions "$f" | sed 's/^{"key":"\([^"]*\)".*/\1/' | grep -v '\\' | sort -u | head -n 20 >keys
	[ "$(sstdump -f csv -K keys t | wc -l)" = "$(sstdump -f csv -K keys "$f" | wc -l)" ] || echo "$f: rows are not found by key"
done | sort | uniq -c
echo "== data that is damaged is not rebuilt, but salvaged"
rm -rf x && mkdir x && cp "$C"/wide/nb-* x
printf 'XXXX' | dd of=x/nb-1-big-Data.db bs=1 seek=12000 conv=notrunc status=none
sstcheck -q --rebuild x >out
sstcheck -q -o verdict,rows --salvage y x
echo "exit $?"
sstcheck -o verdict,rows,file y
sstdump y | wc -l
sstdump --show chunks x y | sed 's/.*"class":"\([^"]*\)".*"chunk_bytes":\([0-9]*\).*/\1 \2/'
echo "== cut short"
rm -rf x y && mkdir x y && cp "$C"/many/nb-* x
truncate -s 3000 x/nb-1-big-Data.db
sstcheck -q -o verdict,partitions --salvage y x
sstcheck -o verdict,partitions y
sstcheck --schema none x
echo "exit $?"
