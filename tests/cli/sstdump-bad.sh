# sstdump and what it cannot do: misuse, missing and damaged files; others are still tried.
unset OSTRAKA_DIR
try() { "$@" >out; echo "exit $?, $(wc -l <out) lines" | tr -s ' '; }
try sstdump
try sstdump --format xml .
try sstdump --now yesterday .
try sstdump no-such-file
try sstdump --schema no-such-file .
echo 'CREATE TABEL' >s.cql
try sstdump --schema s.cql .
touch me-1-big-Data.db
try sstdump me-1-big-Data.db
try sstdump xx-1-big-Data.db
