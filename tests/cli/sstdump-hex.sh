# Rows field by field beside their bytes: some in full; then every foreign SSTable, where the bytes of all
# fields one after the other must be the data.
F=$ROOT/tests/data
sstdump -f hex "$F"/field/udt/da-1-bti-Data.db | sed 's|^/.*/tests|tests|'
echo "== a row of one partition"
sstdump -f hex -k 1 --clustering 1..1 "$F"/field/cnt/nb-2-big-Data.db | sed 's|^/.*/tests|tests|'
echo "== range tombstones"
sstdump -f hex --tombstones "$F"/field/multi/nb-1-big-Data.db | sed 's|^/.*/tests|tests|' | tail -n 18
echo "== nothing missing"
find "$F" -name '*-Data.db' | sort | while read -r f; do
	sstdump -f hex "$f" >out || echo "$f: exit $?"
	awk -v f="$f" '
	function number(hex, i, n) {
		for (i = n = 0; i++ < length(hex);)
			n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		return n
	}
	NR == 1 { next }
	$1 == "..." { next_at += $2; next }
	{
		if (number($1) != next_at) {
			print f ": " $1 " is not behind what was before it"
			exit
		}
		bytes = substr($0, 11, 47)
		gsub(/ /, "", bytes)
		next_at += length(bytes) / 2
	}
	END { all += next_at; print next_at }' out >sum
	info=${f%Data.db}CompressionInfo.db
	if [ -f "$info" ]; then
		want=$(sstdump "$info" | sed 's/.*"data_bytes":\([0-9]*\).*/\1/')
	else
		want=$(wc -c <"$f")
	fi
	[ "$want" = "$(cat sum)" ] && echo all bytes || { echo "$f: $want bytes, printed"; cat sum; }
done | sort | uniq -c
echo "== and their bytes are the file's"
f=$F/nb/many/nb-1-big-Data.db
sstdump -f hex "$f" | awk 'NR > 1 { print substr($0, 11, 47) }' | tr -d ' \n' >got
od -An -v -tx1 "$f" | tr -d ' \n' | cmp - got && echo same
echo "== damaged, misused"
head -c 60 "$f" >nb-1-big-Data.db
cp "${f%Data.db}"Statistics.db .
sstdump -f hex nb-1-big-Data.db | cut -c1-90
sstdump -f hex nb-1-big-Data.db >out
echo "exit $?"
sstdump -f hex --merge "$f" 2>&1 | head -n 1
