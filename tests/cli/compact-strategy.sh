# Which SSTables are merged, by strategy.
line() { printf '{"channel_id":"1","message_id":"%s","author_id":"7","content":"%s"}\n' "$@"; }
put() { line "$@" | msgput -q -d "$d"; }
files() { ls $d/data/chat/*/ | grep Data.db | tr '\n' ' '; echo; }
tasks() { compact -d $d "$@" | awk 'NR > 1 { print $2, $3, $4 }'; }

echo "== size: four of about a size"
d=size
for i in 1 2 3; do put 10 a; done
tasks
put 10 a
tasks
files

echo "== windows of write times: the old one becomes one, the newest waits for four"
d=window
for day in 0 1; do for i in 1 2; do put "$((1454608000000000000 + day * 362387865600000 + i))" x; done; done
tasks --strategy twcs
files

echo "== buckets: a set of many is cut, each becomes one, and then rests"
d=bucket
for i in 1 2; do
	for b in 0 1 2 3; do line "$((b * 3623878656000000 + i))" x; done | msgput -q -d $d
done
tasks --strategy bucket
files
tasks --strategy bucket
msgscan -d $d --all -o message_id | sort -n

echo "== levels: four go to the next one, in pieces that do not overlap"
d=level
for i in 1 2 3 4; do put $i x; done
tasks --strategy lcs
tasks --strategy lcs
files

echo "== density: four that overlap, as T4 has it; two, as a schema with L4 says"
d=density
for i in 1 2 3; do put 10 a; done
tasks --strategy ucs
put 10 a
tasks --strategy ucs
files
put 10 a
ucs() { sed -i "s/'class': '[A-Za-z.]*CompactionStrategy'.*}/'class': '$1', $2}/" $d/data/chat/*/schema.cql; }
ucs org.apache.cassandra.db.compaction.UnifiedCompactionStrategy "'scaling_parameters': 'L4, T8, N, -2', 'target_sstable_size': '1GiB', 'flush_size_override': '0.5 MiB'"
tasks
ucs UnifiedCompactionStrategy "'scaling_parameters': 'T4, X'"
tasks
ucs UnifiedCompactionStrategy "'target_sstable_size': '1 furlong'"
tasks
ucs com.example.OwnCompactionStrategy "'min_threshold': '4'"
tasks

echo "== density: what does not overlap is not merged"
d=apart
for i in 1 2 3 4 5; do printf '{"channel_id":"%s","message_id":"10","author_id":"7"}\n' $i | msgput -q -d $d; done
tasks --strategy ucs
tasks --strategy stcs

echo "== one alone, for its tombstones"
d=single
put 1 x
put 2 x
echo '{"channel_id":"1","message_id":"1"}' | msgput -q -d $d --delete --now 2026-01-01
compact -q -d $d --major --now 2026-01-01
tasks --single --now 2026-01-02
tasks --single --now 2036-01-05
tasks --single --now 2036-01-05
