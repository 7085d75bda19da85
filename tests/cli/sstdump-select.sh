# Parts of SSTables: keys in each form, tokens, clusterings, ids by time, write times, tombstones; all
# as one; and what comes of them.
zstd -dqc "$ROOT/tests/data/chat.jsonl.zst" >chat.jsonl
head -n 3000 chat.jsonl | msgput -d chat -
tail -n 2000 chat.jsonl | msgput -d chat -
M='"channel_id":"6885369446704490","message_id":"1454608786391040000"'
echo "{$M,\"content\":\"never mind\"}" | msgput -d chat --edit --now 2025-12-28 -
echo "{$M}" | msgput -d chat --delete --now 2025-12-29 -
K=6885369446704490:401
brief() {
	sed -e 's/"file":"[^"]*-\(me-[0-9]*\)-big-Data.db"/"file":"\1"/' -e 's/"keyspace":"chat","table":"messages",//' \
		-e 's/chat.data.chat.messages-[0-9a-f]*.//g'
}

echo "== a key, in each form"
for k in $K '["6885369446704490",401]' '{"bucket":401,"channel_id":"6885369446704490"}' \
	0x0008001876350004a56a0000040000019100 0:0; do
	sstdump -k "$k" chat | wc -l
done
printf '%s\n1:1\n\n' $K >keys
sstdump -K keys chat | wc -l
sstdump -k $K -k $K -K keys chat | wc -l
sstdump -K - chat <keys | wc -l
cat keys | sstdump -K - chat | wc -l
cat keys | sstdump -K /dev/stdin chat | wc -l
cat chat/data/chat/*/schema.cql | sstdump --schema - -f csv chat/data/chat/*/me-1-big-Data.db | head -n 1
echo "== keys that are none"
sstdump -k 12 chat
sstdump -k 1:2:3 chat
sstdump -k '[1]' chat
sstdump -k 0xzz chat
sstdump -k '["a",1]' chat/data/chat/*/me-1-big-Data.db
echo "== tokens"
sstdump --token-range 4832400703772919502..4832400703772919503 chat | wc -l
sstdump --token-range 4832400703772919503,4832400703772919504 chat | wc -l
sstdump --token-range ..0 chat | wc -l
sstdump --token-range 0.. chat | wc -l
echo "== clusterings, in either order, one side open, as JSON"
sstdump -k $K --clustering 1454608534732800000..1454608660561920001 chat | wc -l
sstdump -k $K --clustering 1454608660561920001..1454608534732800000 chat | wc -l
sstdump -k $K --clustering '["1454608534732800000"]..' chat | wc -l
sstdump -k $K --clustering ..1454608534732800000 chat | wc -l
echo "== ids by their time"
sstdump --since 2025-12-27T22:55 chat | wc -l
sstdump -k $K --since 2025-12-27T22:55 --until 2025-12-27T22:56 chat | brief
echo "== what was written then, what deletes"
sstdump --written 2025-12-28.. chat | brief
sstdump --tombstones chat | brief
echo "== as one"
sstdump --merge chat | wc -l
sstdump --merge -k $K --since 2025-12-27T22:55 chat | brief
sstdump --merge --tombstones chat | brief
echo "== as a reader sees it"
sstdump --merge -k $K --since 2025-12-27T22:55 -f csv chat
sstdump --merge -k $K --since 2025-12-27T22:55:30 -f tsv chat
sstdump -f csv chat | wc -l
sstdump --merge -f csv chat | wc -l
echo "== names from standard input"
find chat -name '*-Data.db' | sort | sstdump -q --tombstones - | wc -l
find chat -name '*-Data.db' -print0 | sstdump -q --null --tombstones - | wc -l
echo "== partitions"
sstdump --show partitions -n 3 -f table chat | brief
sstdump --show partitions --min-rows 500 chat | brief
sstdump --show partitions --min-tombstones 1 --min-size 1G -f tsv chat | brief
echo "== who won"
sstdump --show explain -k $K --clustering 1454608786391040000.. -f table chat | brief
echo "== schema"
sstdump --show schema chat
