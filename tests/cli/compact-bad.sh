# What compact refuses, and what it is not stopped by.
say() { "$@" 2>&1; echo "status $?"; }
say compact --strategy big d
say compact --to da d
say compact --compression zip d
say compact --gc-grace soon d
say compact --token-range 5 d
say compact --single --major d
say compact nothere
mkdir empty
say compact empty
printf '{"channel_id":"1","message_id":"1","author_id":"7"}\n' >line
msgput -q -d d line
say compact -q -d d --drop-bucket 1
say compact -q -d d --drop-partitions nofile
f=$(ls d/data/chat/*/me-1-big-Data.db)
say compact "$f" d
say compact -q --drop-bucket 1:0 "$f"

echo "== a folder of another system"
mkdir -p foreign/ks
cp -r d/data/chat/messages-* foreign/ks/
say compact --major foreign | sed 's/-[0-9a-f]*:/-ID:/'
say compact -q foreign -o out
ls out | grep -c Data

echo "== damage ends it with nothing changed"
msgput -q -d d line
cksum d/data/chat/*/* >before
printf x | dd of="$f" bs=1 seek=20 conv=notrunc 2>/dev/null
cksum d/data/chat/*/* >before
say compact -q -d d --major | sed -e 's|d/data.*/||' -e 's/\<[0-9a-f]\{8\}\>/CRC/g'
cksum d/data/chat/*/me* >after
grep me- before | cmp - after
