# A row with its own deletion and a later shadowable one, as ScyllaDB writes it: each of them is printed,
# and compaction keeps both.
[ -d "$FIX" ] || { echo "no ../shared/fixtures" >&2; exit 77; }
mkdir -p ks out
cp -r "$FIX"/scylla/uncompressed/write_regular_and_shadowable_deletion ks/t
f=ks/t/mc-1-big-Data.db
printf 'Data.db\nStatistics.db\n' >ks/t/mc-1-big-TOC.txt
sstdump $f
sstdump -f hex -k 0 $f | grep deletion
sstdump -f scylla -k 0 $f
echo
sstdump --show partitions -k 0 $f
sstdump --show explain -f table -k 0 ks/t
compact --major --gc-grace 36500d -q -o out ks/t && sstdump out && sstdiff ks/t out && echo "the same"
