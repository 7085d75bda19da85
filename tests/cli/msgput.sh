# Messages in from a file and from standard input, out again as they came; what is not stored is told.
cat >in <<'X'
{"channel_id":"5","message_id":"175928847299117063","author_id":"53908232506183680","author":"mason","content":"hello\tworld\n\"quoted\" ☃","timestamp":"2016-04-30T11:18:25.796Z"}

{"channel_id":5,"message_id":175928847299117064,"author_id":7,"author":"b","content":"","tts":false,"embeds":[],"timestamp":"x","log_time":null}
{"channel_id":"6","id":"334385199974967042","author":{"id":"7","username":"b"},"content":"reply","type":19,"flags":4,"pinned":true,"nonce":99,"webhook_id":"8","edited_timestamp":"2017-07-11T17:30:00.123456+00:00","message_reference":{"type":0,"channel_id":"5","message_id":"175928847299117063","guild_id":"1"},"mentions":[{"id":"53908232506183680"}],"attachments":[{"id":"1","url":"https://cdn.example/a/b.png"}],"reactions":[{"count":3,"emoji":{"id":null,"name":"👍"}},{"count":1,"emoji":{"id":"77","name":"blob"}}],"tts":false}
X
msgput -d d in
echo '{"channel_id":"5","message_id":"175928847299117065","author_id":"7","content":"last"}' | msgput -q -j -d d -
msgscan -d d 5
msgscan -d d 6
# Round trip into another directory, named by the environment.
msgscan -d d --all | OSTRAKA_DIR=d2 msgput
msgscan -d d --all >a
OSTRAKA_DIR=d2 msgscan --all | cmp - a
# The byte order mark and line ends of other systems; a last line without an end.
printf '\357\273\277{"channel_id":1,"message_id":1,"author_id":1,"content":"a"}\r\n\r\n{"channel_id":1,"message_id":2,"author_id":1}' | msgput -d d3
msgscan -d d3 1
