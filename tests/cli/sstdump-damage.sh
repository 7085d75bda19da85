# Damage in the middle of Data.db: what is before it is printed, the place is named, exit 1; the other
# file is printed whole.  A full disk is trouble, a closed pipe is not.
[ -d "$FIX" ] || { echo "no ../shared/fixtures" >&2; exit 77; }
L=$FIX/cassandra/nb/legacy_tables/legacy_nb_clust
cp "$L"/nb-1-big-* .
printf 'XXXX' | dd of=nb-1-big-Data.db bs=1 seek=9000 conv=notrunc 2>dd.log
sstdump nb-1-big-Data.db "$L"/nb-1-big-Data.db >out 2>err
echo "exit $?"
awk -F'"file":"' '{ sub(/".*/, "", $2); n[$2]++ } END { for (f in n) print n[f] }' out | sort -n
cat err
sstdump -f sstabledump nb-1-big-Data.db 2>err | tail -n 3
sstdump "$L" >/dev/full
echo "exit $?"
{ sstdump "$L"; echo "exit $?" >rc; } | head -n 1 | cut -c 1-40
cat rc
# A type in Statistics.db that is none is damage, too.
cp "$FIX"/scylla/uncompressed/collections/mc-1-big-* .
at=$(grep -abo UTF8Type mc-1-big-Statistics.db | head -n 1 | cut -d: -f1)
printf '(' | dd of=mc-1-big-Statistics.db bs=1 seek="$at" conv=notrunc 2>dd.log
sstdump mc-1-big-Data.db
echo "exit $?"
# Of a file that was cut, what is there; compressed or not.
for t in many wide; do
	cp -r "$ROOT"/tests/data/nb/$t .
	truncate -s 4000 $t/nb-1-big-Data.db
	sstdump $t/nb-1-big-Data.db | wc -l
done
