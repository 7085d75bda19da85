# Real chat in, the same messages out, every field of every one; and nothing in the files but rows:
# a message's absent columns are no tombstones.
zstd -dcq "$ROOT/tests/data/chat.jsonl.zst" >in
msgput -d d in
sed 's/,"channel":"[^"]*","log_time":"[^"]*"}$/}/' in | sort >want
msgscan -d d --all | sort >got
cmp want got && wc -l <got
sstdump d | sed 's/^{"type":"\([a-z_]*\)".*/\1/' | sort | uniq -c | tr -s ' '
sstdump d | grep -c -e '"deletion"' -e '"deleted"' -e '"expires"'
sstdump -f sstabledump d/data/chat/messages-*/me-1-big-Data.db | grep -c -e deletion_info -e tombstone
true
