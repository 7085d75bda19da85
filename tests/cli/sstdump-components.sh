# Components field by field: every one of the foreign files in each form, and one of each in full.
mkdir -p ks/t
cp "$ROOT"/tests/data/nb/counts/nb-* ks/t
for f in ks/t/nb-*; do
	case $f in *-Data.db) continue ;; esac
	for form in ndjson table hex; do
		sstdump -f $form "$f" >out || echo "$f $form: exit $?"
		[ -s out ] || echo "$f $form: nothing"
	done
done
echo "== as a table"
sstdump -f table ks/t/*-Statistics.db | sed -e 's/^\(  originating_host_id\).*/\1/'
sstdump -f table ks/t/*-CompressionInfo.db ks/t/*-Summary.db ks/t/*-TOC.txt
echo "== as JSON"
sstdump ks/t/*-Index.db ks/t/*-Digest.crc32 ks/t/*-Filter.db | cut -c1-400
echo "== the bytes"
sstdump -f hex ks/t/*-Index.db | head -n 8
sstdump -f hex ks/t/*-CompressionInfo.db
echo "== of a folder"
sstdump --show stats -f table ks
sstdump --show stats ks
sstdump --show chunks -f hex ks | head -n 2
sstdump --show index -f table ks | head -n 2
sstdump --show summary ks | cut -c1-40
echo "== cut short"
head -c 100 ks/t/*-Statistics.db >nb-1-big-Statistics.db
sstdump nb-1-big-Statistics.db
echo "exit $?"
