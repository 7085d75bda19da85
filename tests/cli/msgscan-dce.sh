# An export that other programs open: its form, and the way there and back.
cp "$ROOT/tests/data/imports/dce.json" .
msgput -q -d d dce.json
msgscan -d d -f dce --now 2024-01-01 81384788765712384 | tee a.json
msgput -d back a.json 2>/dev/null
msgscan -d d --all >a
msgscan -d back --all | cmp - a
# All of the sample, channel by channel, in pipes.
zstd -dqc "$ROOT/tests/data/chat.jsonl.zst" | msgput -d chat
for c in $(msgscan -d chat --all -o channel_id | sort -u); do
	msgscan -d chat -f dce "$c" | msgput -d chat2
done
msgscan -d chat --all >a
msgscan -d chat2 --all | cmp - a
# What the form has no place for is told; what comes back unset.
cat >in <<'J'
{"channel_id":"5","message_id":"10","author_id":"7","author":"","content":"","type":0,"pinned":false,"flags":4,"nonce":"n","webhook_id":"8"}
{"channel_id":"5","message_id":"11","author_id":"7","content":"\u0001\"\\\u00e9","type":-3,"flags":0,"mentions":["0","9"],"reactions":{"a:b":1,":7":2,"7":3,"x:":-4,"n:12":5},"attachments":["","a","7/b?c/d","/","u/8/f.png"],"reference":{"channel_id":"3","message_id":null}}
{"channel_id":"5","message_id":"175928847299117063","author_id":"9223372036854775807","reference":{"channel_id":null,"message_id":"2"},"edited_timestamp":"1969-12-31T23:59:59.999Z"}
J
msgput -d e in
msgscan -d e -f dce --now 2024-01-01 5 | tee e.json | msgput -q -d e2
msgscan -d e2 --all
sed -n '/^  "messages/,$p' e.json
# A part of the channel, nothing of it, and what cannot be.
msgscan -q -d e -f dce -n 1 --before 175928847299117063 --now 2024-01-01 5 | sed -n '/dateRange/,/"id"/p'
msgscan -q -d e -f dce -n 1 --after 10 --now 2024-01-01 5 | sed -n '/dateRange/,/"id"/p'
msgscan -d e -f dce --now 2024-01-01 6
msgscan -d e -f dce --all 2>&1 | head -n 1
msgscan -d e -f dce -o content 5 2>&1 | head -n 1
msgscan -d e -o content -f ndjson 5 2>&1 | head -n 1
msgscan -d e -f html 5
# TSV: all fields, or some.
msgscan -d e -f tsv 5
msgscan -d e -f tsv -o message_id,content 5
