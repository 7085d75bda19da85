# By the name of sstabledump: Cassandra's options print what Cassandra 5.0.9 printed (tests/data/nb).
ln -s "$(command -v sstdump)" sstabledump
D=$ROOT/tests/data/nb/counts
F=$D/nb-1-big-Data.db
./sstabledump "$F" -e | cmp - "$D"/expect-e.json && echo keys
./sstabledump "$F" -l | cmp - "$D"/expect-l.json && echo lines
./sstabledump "$F" -d | cmp - "$D"/expect-d.txt && echo rows a line each
./sstabledump "$ROOT"/tests/data/nb/wide/nb-1-big-Data.db -d | cksum # of what Cassandra printed
./sstabledump -t "$F" | cmp - "$D"/expect-t.json && echo raw times
./sstabledump "$F" -k k1 k0 | cmp - "$D"/expect-k.json && echo some keys
./sstabledump "$F" -lt -x k1 k2 | cmp - "$D"/expect-x.json && echo without some keys
./sstabledump "$F" >got && zstd -dcq "$D"/expect.json.zst | cmp got - && echo all
./sstabledump "$F" -k none
echo
./sstabledump 2>&1 | head -n 1
./sstabledump -q "$F" 2>&1 | head -n 1
./sstabledump none
echo "exit $?"
