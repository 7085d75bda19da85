# Every SSTable that other systems wrote prints exactly what Cassandra's own sstabledump prints of it.
# Counts by version of the format; what differs is named.
[ -d "$FIX/expect" ] || { echo "no ../shared/fixtures" >&2; exit 77; }
find "$FIX/expect" -name '*.sstabledump.json.zst' | sort >list
while read -r want; do
	data=${want#"$FIX/expect/"}
	data=$FIX/${data%.sstabledump.json.zst}-Data.db
	version=$(basename "$data" | cut -d- -f1)
	zstd -dcq "$want" >want
	sstdump --format sstabledump --now 2026-11-21T00:45:00Z "$data" >got 2>err
	rc=$?
	if [ $rc = 0 ] && cmp -s want got && [ ! -s err ]; then
		echo "$version equal"
	else
		echo "$version differ"
		echo "${data#"$FIX/"}: exit $rc: $(head -n 1 err) $(cmp want got 2>&1)" >>differ
	fi
done <list | sort | uniq -c | awk '{ print $2 ":", $1, $3, $4 }' | sed 's/ $//'
[ ! -f differ ] || cat differ
