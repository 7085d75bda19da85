# What is merged with what, and what stays as it is, by options and by what SSTables say of themselves.
line() { printf '{"channel_id":"%s","message_id":"%s","author_id":"7","content":"%s"}\n' "$@"; }
put() { line "$@" | msgput -q -d d; }
files() { ls d/data/chat/*/ | grep Data.db | tr '\n' ' '; echo; }
tasks() { compact -d d "$@" | awk 'NR > 1 { print $2, $3, $4 }'; }
stat() { sstdump "$(echo d/data/chat/*/*-$1-big-Statistics.db)" | jq -c "[.stats.$2]"; }
command -v jq >/dev/null || { echo "no jq" >&2; exit 77; }
rewrite=$ROOT/${O:-build/release}/prog/rewrite
[ -x "$rewrite" ] || { echo "no rewrite" >&2; exit 77; }
remake() { # N OPTION...: SSTable N again, with other flags
	n=$1
	shift
	t=$(echo d/data/chat/*)
	mkdir -p was && mv "$t/me-$n-"* was/
	"$rewrite" "$@" was/me-$n-big-Data.db "$t/nb-$n-big-" # me cannot say pending
}

echo "== repaired, unrepaired, pending and transient ones are never merged with each other"
for i in 1 2 3 4 5 6 7 8 9 10; do put 1 $((i * 10)) "number $i"; done
for i in 3 4; do remake $i -r 160000000000$i; done
for i in 5 6; do remake $i -p 1; done
for i in 7 8; do remake $i -p 2; done
for i in 9 10; do remake $i -p 2 -t; done
tasks
tasks --major
files
for i in 11 12 13 14 15; do stat $i repaired_at_ms,.stats.pending_repair,.stats.is_transient; done
compact -q -d d --major --to me
msgscan -d d --all -o message_id | sort -n | paste -sd' '

echo "== a partition goes only where all that may hold it are merged"
put 2 10 other
compact -d d --drop-bucket 2:0 | awk 'NR > 1 { print $2, $3, $4 }'
files
compact -q -d d --drop-bucket 1:0
echo "status $?"
rm -rf d was

echo "== of a directory, what goes by age is looked for in tables of messages only"
put 1 10 x
mkdir -p d/data/ks/t-0123456789abcdef0123456789abcdef
cp "$ROOT"/tests/data/nb/types/nb-1-big-* d/data/ks/t-*/
compact -d d --older-than 10d --major | awk 'NR > 1 { print $1, $2, $3, $4 }'
echo "status $?"
msgscan -d d --all
ls d/data/ks/*/ | grep -c Data.db
compact d/data/ks/t-* --older-than 10d 2>&1 | cut -d: -f1,3-
mv d/data/chat/* d/data/ks/u-0123456789abcdef0123456789abcdef
rm d/data/ks/u-*/*
cp d/data/ks/t-*/* d/data/ks/u-*/
compact -d d --drop-ghosts
echo "status $?"
rm -rf d

echo "== only_purge_repaired_tombstones"
put 1 10 x
put 1 20 y
line 1 10 x | msgput -q -d d --delete --now 2026-01-01
sed -i "s/'max_threshold'/'only_purge_repaired_tombstones': 'true', 'max_threshold'/" d/data/chat/*/schema.cql
compact -d d --major --now 2026-02-01 -j | jq -c '[.purged, .waiting, .held, .held_by]'
remake 4 -r 1600000000000
compact -d d --major --now 2026-02-01 -j | jq -c '[.purged, .waiting, .held, .held_by]'
rm -rf d was

echo "== what a dry run says: what is given back, and what blocks the rest"
put 1 10 x
line 1 10 x | msgput -q -d d --delete --now 2026-01-01
put 1 20 y
line 1 20 y | msgput -q -d d --delete --now 2026-01-31
compact -d d --major --dry-run --now 2026-02-01 | sed 's/  *[0-9.]* [KMi]*B  *[0-9.]* [KMi]*B / N N /'
compact --dry-run --now 2026-03-01 d/data/chat/*/me-2-big-Data.db d/data/chat/*/me-4-big-Data.db -j | jq -c '[.waiting, .held, .held_by]'
compact -d d --major --dry-run --no-purge --now 2026-03-01 -j | jq -c '[.waiting, .held, .held_by]'
compact -d d --major --dry-run -j --now 2026-02-01 | jq -c '[.out, .bytes_out]' >dry
compact -d d --major -j --now 2026-02-01 | jq -c '[.out, .bytes_out]' | cmp - dry && echo "the sizes came true"
rm -rf d

echo "== a key, a range of tokens"
for i in 1 2 3; do put $i 10 x; done
put 2 20 x
tasks --key 2:0
token() { bucketcalc -c "$1" -o token 10; }
tasks --token-range "$(($(token 1) - 1))..$(token 1)"
files

echo "== keep and drop touch only what holds such partitions"
put 2 30 x
files
printf '1:0\n# a remark\n\n3:0\n' >list
tasks --drop-partitions list
files
msgscan -d d --all -o channel_id,message_id | sort
put 4 10 x
printf '4:0\n' >list
tasks --keep-partitions list
files
tasks --keep-partitions list
msgscan -d d --all -o channel_id,message_id | sort

echo "== keys of several lengths, from a list and beside it"
mkdir -p other/system_schema
cp -r "$ROOT/tests/data/field/dropped_columns" other/system_schema/dropped_columns
keys() { sstdump "$1" | jq -r '.key.key1' | sort -u | paste -sd' '; }
keys other
printf 'system\nk\n' >list
compact -q other -o new --drop-partitions list --drop-bucket system_schema
ls new
compact -q other -o kept --keep-partitions list
keys kept

echo "== the folder data of a directory is the directory: its log counts too"
compact d/data --major | awk 'NR > 1 { print $2, $3, $4 }'

echo "== what is given back is also what is dropped unread"
seq 1 300 | awk '{ printf "{\"channel_id\":\"7\",\"message_id\":\"%d\",\"author_id\":\"7\",\"content\":\"%0100d\"}\n", $1, $1 }' | msgput -q -d d
compact -d d --drop-bucket 7:0 --dry-run -j | jq -c '[.rows_out, .partitions_dropped, .freed_rows > 30000, .freed_rows < 60000]'
compact -q -d d --drop-bucket 7:0

echo "== split"
seq 1 3000 | awk '{ printf "{\"channel_id\":\"%d\",\"message_id\":\"10\",\"author_id\":\"7\",\"content\":\"number %d of a few thousand\"}\n", $1, $1 * 7919 }' | msgput -q -d d
tasks --major --split 10K
msgscan -d d --all | wc -l
sstcheck -q d && echo sound
rm -rf d

echo "== rate: 200,000 bytes a second of 300,000 take more than a second"
seq 1 3000 | awk '{ printf "{\"channel_id\":\"1\",\"message_id\":\"%d\",\"author_id\":\"7\",\"content\":\"number %d of some that are long enough to be measured by a clock, as they have something to say\"}\n", $1 * 10, $1 }' | msgput -q -d d
compact -d d --major -j --rate 200000 | jq -c '.seconds > 1'

echo "== jobs: tables side by side"
t=$(echo d/data/chat/messages-*)
for id in 1 2 3 4 5; do
	f=$(echo "$t" | sed "s|messages-.|other$id-$id|")
	cp -r "$t" "$f"
	sed -i -e "s/messages/other$id/" -e "s/7e9ac000-/${id}e9ac000-/" "$f/schema.cql"
done
compact -d d --major --jobs 4 | awk 'NR > 1 { print $1, $2, $3, $4 }' | sort
compact -q -d d --major --jobs 4 -o out
echo "status $?"
compact -d d --jobs 0

echo "== what the log has of a table that was dropped is in nobody's way"
rm -rf d out
line 1 10 x | msgput -q -d d --keep-log
line 1 10 x | msgput -q -d d --keep-log --delete --now 2026-01-01
t=$(echo d/data/chat/messages-*)
f=$(echo "$t" | sed "s|messages-.|other-a|")
cp -r "$t" "$f"
sed -i -e "s/messages/other/" -e "s/7e9ac000-/ae9ac000-/" "$f/schema.cql"
mv "$t/schema.cql" "$t/dropped.cql"
ls d/commitlog | wc -l
tombstat -d d -j --now 2026-02-01 2>&1 | jq -c 'select(.record == "table") | [.table, .droppable, .nothing_droppable]'
compact -d d --major --now 2026-02-01 -j 2>&1 | jq -c '[.table, .purged, .held, .held_by]'

echo "== offline: not while a process has a file there open"
rm -rf d out
put 1 10 x
put 1 20 y
mkdir -p foreign/ks
cp -r d/data/chat/messages-* foreign/ks/
t=$(echo foreign/ks/*)
sleep 60 <"$t/me-1-big-Data.db" &
compact -q --offline --major foreign 2>&1 | sed -e "s/process $!\$/process PID/" -e 's/-[0-9a-f]*:/-ID:/'
ls "$t" | grep Data
kill $!
wait
compact -q --offline --major foreign
ls "$t" | grep Data
compact -q --major "$t" 2>&1 | sed 's/.*messages-[0-9a-f]*/FOLDER/'

echo "== whole expired SSTables of a window go, and no other is touched"
rm -rf d
line 1 5 a | msgput -q -d d --now 2026-01-01
line 1 5 a | msgput -q -d d --delete --now 2026-01-01
compact -q -d d --major --now 2026-01-01
put 9 1454600000000000000 later
tasks --strategy twcs --now 2026-02-01
files
