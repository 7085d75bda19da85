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
echo "== data that is damaged is not rebuilt, but salvaged"
rm -rf x && mkdir x y && cp "$C"/wide/nb-* x
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
