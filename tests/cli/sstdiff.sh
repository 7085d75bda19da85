# Two sets of SSTables by content: split otherwise, edited, deleted, with range tombstones.
run() { "$@"; echo "status $?"; }
stat() { sstdiff --stat -o what,same,changed,only_a,only_b "$@"; }
one() { echo "{\"channel_id\":\"$1\",\"message_id\":\"$2\",\"author_id\":\"7\",\"content\":\"$3\"}"; }
for i in 10 11 12 13; do one 1 $i old; one 2 $i old; done >in
msgput -d a in
head -n 5 in | msgput -d b
tail -n 5 in | msgput -d b
echo '-- the same, in one SSTable and in two'
run sstdiff a b
run stat a b
sstsnap create -q -d b before
echo '-- changed, deleted, new'
one 1 10 new | msgput -d b --edit --now 2026-11-20
one 1 11 | msgput -d b --delete --now 2026-11-20
one 3 10 x | msgput -d b
run sstdiff a b
run sstdiff -j b/data/chat/messages-*/snapshots/before b/data/chat/messages-*
run sstdiff --live a b
stat a b
stat --live a b
run sstdiff -q a b
run sstdiff -q --values a b
run sstdiff -n 1 a b | cut -c 1
sstdiff a b | sstdiff -q b b && echo 'the same'
sstdiff --stat a b
echo '-- they differ, whoever reads how'
seq 1000000 1003000 | while read -r i; do one 5 "$i" long; done | msgput -d long
{ sstdiff long a; echo "status $?" >rc; } | head -c 1 >first
cat first rc
echo '-- every type and tombstone, by a real Cassandra'
for t in "$ROOT"/tests/data/nb/*; do
	mkdir -p k/none
	echo "$(basename "$t"): $(sstdiff "$t" "$t" && echo same)"
	stat --now 2026-11-21 "$t" k/none
	stat --now 2026-11-21 --live k/none "$t"
	sstdiff "$t" k/none >lines
	[ "$(sed 's/^-//' lines)" = "$(sstdump --merge "$t")" ] || echo "other lines than sstdump's"
done
