# Repaired and unrepaired SSTables are never merged: tombstat says what compact does with each group.
rewrite=$ROOT/${O:-build/release}/prog/rewrite
[ -x "$rewrite" ] || { echo "no $rewrite" >&2; exit 77; }
line() { printf '{"channel_id":"%s","message_id":"%s","author_id":"7","content":"x"}\n' "$@"; }
get() { sed -n "s/.*\"record\":\"$1\".*\"$2\":\([^,}]*\).*/\1/p"; }
t() { tombstat --now 2026-02-01 "$@" d; }
both() {
	t --exact -j >said
	compact -j -d d --major --now 2026-02-01 >report
	echo "droppable $(get table droppable <said), returned $(get table returned_bytes <said)" >said
	sed 's/.*"bytes_in":\([0-9]*\),"bytes_out":\([0-9]*\),.*"purged":\([0-9]*\),.*/\1 \2 \3/' report |
		awk '{ back += $1 - $2; purged += $3 } END { print "droppable " purged ", returned " back }' | cmp said - &&
		sed 's/,.*//' said
}

echo "== an old message is in a repaired SSTable, and its deletion is not"
for i in 10 20 30; do line 1 $i | msgput -q -d d; done
line 1 10 | msgput -q -d d --delete --now 2026-01-01
line 2 40 | msgput -q -d d --delete --now 2026-01-01
folder=$(echo d/data/chat/*)
mkdir was
for i in 1 2; do
	mv "$folder"/me-$i-* was
	"$rewrite" -r 1600000000000 was/me-$i-big-Data.db "$folder/nb-$i-big-"
done
t -j | get table droppable
t | tail -n 6 | sed -E 's/ +[0-9.]+ [KM]iB/ SIZE/; s/ +/ /g'
both

echo "== only those of repaired ones may go, and there is one"
line 3 20 | msgput -q -d d --delete --now 2026-01-01
last=$(ls -t "$folder"/*-Data.db | head -n 1)
base=$(basename "$last" Data.db)
mv "$folder/$base"* was
"$rewrite" -r 1600000000000 "was/${base}Data.db" "$folder/nb-90-big-"
sed -i "s/'max_threshold'/'only_purge_repaired_tombstones': 'true', 'max_threshold'/" "$folder/schema.cql"
both

echo "== none of them is repaired"
line 1 50 | msgput -q -d e --delete --now 2026-01-01
sed -i "s/'max_threshold'/'only_purge_repaired_tombstones': 'true', 'max_threshold'/" e/data/chat/*/schema.cql
tombstat --now 2026-02-01 e | grep droppable:
tombstat --now 2026-02-01 -j e | get table nothing_droppable
