# What compact does to a directory of messages: rows stay, files get fewer, the deleted goes when it may.
m() { msgput -q -d d "$@" 2>&1; }
line() { printf '{"channel_id":"%s","message_id":"%s","author_id":"7","content":"%s"}\n' "$@"; }
rows() { msgscan -d d --all | sort | cksum; }
files() { ls d/data/chat/*/ | grep Data.db | tr '\n' ' '; echo; }
report() { compact -d d "$@" | sed 's/  *[0-9.]* [KMi]*B  *[0-9.]* [KMi]*B / N N /; s/ *[0-9.]*$/ N/'; }

for i in 1 2 3 4; do line 1 "${i}0" "number $i" | m; done
files
echo "== nothing is due before there are four; then by size"
rows >before
report
report
files
rows | cmp - before

echo "== a deletion stays as long as gc_grace_seconds say, and goes then"
echo '{"channel_id":"1","message_id":"20"}' | m --delete --now 2026-01-01
rows >before
report --major --now 2026-01-02
sstdump d | grep -c '"deletion"'
compact -d d --major -j --now 2026-01-05 | grep -o '"rows_in.*purged":[0-9]*'
sstdump d | grep -c '"deletion"'
rows | cmp - before

echo "== older data outside of the merge keeps its tombstone"
line 1 30 old | m
echo '{"channel_id":"1","message_id":"30"}' | m --delete --now 2026-01-01
newest=$(ls -t d/data/chat/*/*-Data.db | head -n 1)
compact -q --now 2026-02-01 "$newest"
sstdump "$(ls -t d/data/chat/*/*-Data.db | head -n 1)" | grep -c '"deletion"'
compact -q -d d --major --now 2026-02-01
sstdump d | grep -c '"deletion"'
msgscan -d d -o message_id,content 1

echo "== partitions and ghosts go without a tombstone"
line 2 50 two | m
line 3 60 three | m
echo '{"channel_id":"3","message_id":"61","content":"edit of nobody"}' | m --edit --now 2026-01-01
compact -d d --drop-bucket 2:0 --drop-ghosts -j | grep -o '"partitions_dropped":.*,"rows_dropped":[0-9]*'
msgscan -d d --all -o channel_id,message_id | sort
printf '3:0\n' >keep
compact -q -d d --keep-partitions keep
msgscan -d d --all -o channel_id,message_id
cat keep | compact -q -d d --keep-partitions /dev/stdin
msgscan -d d --all -o channel_id,message_id
compact -q -d d --older-than 10d
files
msgscan -d d --all

echo "== to another folder, in another version, by another codec; verified"
line 1 10 x | m
compact -q -d d -o out --to nb --compression lz4
ls out
msgscan -d out --all -o channel_id,message_id
files

echo "== a dry run changes nothing"
compact -q -d d --major --dry-run
files
