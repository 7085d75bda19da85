# DiscordChatExporter's JSON: found out or said, in a pipe, several in one stream, cut short, bad in places.
cp "$ROOT/tests/data/imports/dce.json" .
I=dce.json
msgput -d d "$I"
msgscan -d d --all
msgput -q -d d2 -f dce -j - <"$I"
msgscan -d d2 --all >a
msgscan -d d --all | cmp - a
# Storing again changes nothing; parts of an export may follow each other.
cat "$I" "$I" | msgput -q -d d -j
msgscan -d d --all | cmp - a
# Cut short: what is whole is stored.
for n in 0 1 100 1400 2600; do
	rm -rf e
	head -c $n "$I" | msgput -q -d e -f dce -j
	echo "status $?"
done
msgscan -d e --all -o message_id
# Bad messages between good ones, an unknown type with a number, what no exporter writes.
cat >bad.json <<'J'
{"guild":{},"channel":{"id":"5","name":"x"},"dateRange":{},"messages":[
{"id":"10","type":"Default","author":{"id":"7","name":""},"content":"a"},
{"id":"11","type":"Nonsense","author":{"id":"7"}},
{"id":"12","type":"46","author":{"id":"7"},"timestampEdited":"2016-01-01T00:00:00+01:00","embeds":[{"a":"}]"}]},
{"id":"13","author":"me"},
{"author":{"id":"7"}},
{"id":"14"},
["id"],
{"id":"15","author":{"id":"7","x":[1]},"content":"\q"},
{"id":"16","author":{"id":7},"reference":{"messageId":null,"channelId":"5","type":"Forward"},"isPinned":1,"callEndedTimestamp":"x"},
{"id":17,"author":{"id":7},"type":46},
{"id":"18","author":{"id":"7","isBot":true}}
],"messageCount":10}
J
msgput -d f bad.json
echo "status $?"
msgscan -d f --all
msgput -d f --strict bad.json 2>&1 | grep 'unknown field'
# Documents that are none, or have no messages where they can be placed.
for t in '{"guild":{}}' '{"guild":{},"messages":[]}' '{"channel":{"id":"x"},"messages":[]}' '{"guild":{},' \
	'{"guild":{} "channel"' '{"guild":{},"channel":{"id":"1"},"messages":[{"id":"1"} {}]}' \
	'{"guild":{},"channel":{"id":"1"},"messages":[]}x' '{7:1}' '[]' '{"guild":}' '{"guild":{},"channel":{"id":"1"},"messages":[,]}'; do
	printf '%s' "$t" | msgput -q -d g -f dce
	echo "status $?"
done
# One message of more than 16 MiB between two others.
{
	printf '{"guild":{},"channel":{"id":"1"},"messages":[{"id":"1","author":{"id":"7"}},{"id":"2","content":"'
	head -c 17000000 /dev/zero | tr '\0' x
	printf '"},{"id":"3","author":{"id":"7"}}]}'
} | msgput -q -d h
msgscan -d h --all -o message_id
# Deletions by an export.
msgput -q -d d2 --delete --now 2020-01-01 "$I"
msgscan -d d2 --all | wc -l
msgput -d d -f html x 2>&1
