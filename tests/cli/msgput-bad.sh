# A bad line is named and passed over; nothing good is lost; exit 1.  Files that are not there: exit 2.
cat >in <<'X'
{"channel_id":"1","message_id":"10","author_id":"7","content":"good"}
{"channel_id":"1","message_id":"11","author_id":"7","content":"cut
{"channel_id":"1","message_id":"9223372036854775808","author_id":"7"}
{"channel_id":"1","message_id":"-12","author_id":"7"}
{"channel_id":"1","message_id":"13"}
{"message_id":"14","author_id":"7"}
["channel_id"]
{"channel_id":"1","message_id":"15","author_id":"7","type":"reply"}
{"channel_id":"1","message_id":"16","author_id":"7","content":"good too"}
X
printf '{"channel_id":"1","message_id":"17","author_id":"7","content":"\377"}\n' >>in
msgput -d d in
echo "status $?"
msgput -d d -j in 2>/dev/null
msgscan -d d -o message_id,content 1
printf '{"channel_id":"1","message_id":"18","author_id":"7","embeds":1}\n{"channel_id":"1","message_id":"19","author_id":"7"}\n' | msgput -d d --strict
echo "status $?"
msgscan -d d -n 1 -o message_id 1
# A line of more than 16 MiB, and the one after it.
{ head -c 17000000 /dev/zero | tr '\0' ' '; printf '\n{"channel_id":"1","message_id":"20","author_id":"7"}\n'; } | msgput -d d
msgscan -d d -n 1 -o message_id 1
head -n 1 in | gzip >in.gz
msgput -d d in.gz
echo "status $?"
head -n 1 in | zstd -q | msgput -d d
msgput -d d nothing in2 2>&1
echo "status $?"
msgput -d in in
echo "status $?"
msgput in 2>&1 | head -n 1
msgput -d d --edit --delete 2>&1 | head -n 1
msgput -d d --memory 1K
msgput -d d -w 1024
msgput -d d --now never
