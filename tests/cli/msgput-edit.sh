# Edits write what they name, deletions take a message away; neither is undone by storing it again.
cat >in <<'X'
{"channel_id":"1","message_id":"10","author_id":"7","author":"a","content":"one","pinned":true}
{"channel_id":"1","message_id":"11","author_id":"7","author":"a","content":"two"}
{"channel_id":"1","message_id":"12","author_id":"7","author":"a","content":"three"}
X
show() { msgscan -d d -o message_id,author,content,pinned,edited_timestamp 1; echo; }
msgput -d d in
cat >edits <<'X'
{"channel_id":"1","message_id":"10","content":"first edit"}
{"channel_id":"1","message_id":"10","content":"an edit","pinned":null}
{"channel_id":"1","message_id":"11","content":"later","edited_timestamp":"2020-01-02T00:00:00Z"}
{"channel_id":"1","message_id":"11","content":"earlier","edited_timestamp":"2020-01-01T00:00:00Z"}
{"channel_id":"1","message_id":"99","content":"of nothing"}
X
msgput -d d -j --edit --now 2026-11-20 edits
show
printf '{"channel_id":"1","message_id":"12","content":"ignored"}\n{"channel_id":"1","message_id":"98"}\n' | msgput -d d -j --delete --now 2026-11-20
show
msgput -d d in
show
printf '{"channel_id":"1","message_id":"11"}\n{"channel_id":"1","content":"x"}\n{"channel_id":"1","message_id":"11","author_id":null}\n' | msgput -d d --edit
echo "status $?"
printf '{"message_id":"11"}\n' | msgput -d d --delete
