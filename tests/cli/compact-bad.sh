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
say compact -q -d d --drop-bucket 1:2:3
say compact -q -d d --key 1
say compact -q -d d --drop-partitions nofile
echo "== a version that is newer than what is written here does not become an older one unasked"
cp -r "$ROOT/tests/data/da/one" trie
say compact -q --offline --major trie | sed "s|$PWD/||"
find trie -name '*-Data.db'
say compact -q --offline --major --to me trie
find trie -name '*-Data.db'
echo "== what would lose more than was meant"
say compact -d d --older-than 90
: >none
echo "# no key" >remarks
say compact -d d --keep-partitions none
say compact -d d --keep-partitions remarks
msgscan -d d --all -o message_id

echo "== options of which one would be passed over"
pair() { compact -d d "$@" 2>&1 | head -n 1; }
pair --single --key 1:0
pair --single --token-range 1..2
pair --single --older-than 1d
pair --single -o out
pair --strategy twcs --major
pair --strategy twcs --key 1:0
pair --strategy twcs --token-range 1..2
pair --strategy twcs --drop-ghosts
pair --strategy twcs -o out
pair --major --key 1:0
pair --major --token-range 1..2
pair --key 1:0 --token-range 1..2
pair --no-purge --gc-grace 1d
pair --verify --no-verify
ls out 2>&1

echo "== files"
f=$(ls d/data/chat/*/me-1-big-Data.db)
say compact "$f" d
say compact -q --drop-bucket 1:0 "$f"
compact --single "$f" 2>&1 | head -n 1
compact --strategy lcs "$f" 2>&1 | head -n 1

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
