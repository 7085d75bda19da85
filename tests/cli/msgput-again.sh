# Storing the same again changes nothing, in whatever order and with however little memory.
awk 'BEGIN { for (i = 0; i < 30000; i++) printf "{\"channel_id\":\"%d\",\"message_id\":\"%.0f\",\"author_id\":\"%d\",\"author\":\"u%d\",\"content\":\"message %d of many\"}\n", i % 7, 1000000000000 * i, i % 100, i % 100, i }' >in
msgput -d d in
msgscan -d d --all >a
wc -l <a
tac in | msgput -d d --memory 1M
msgput -d d in in
msgscan -d d --all | cmp - a && echo the same
find d -name '*-Data.db' | awk 'END { print (NR > 4 ? "several SSTables" : NR) }'
# --all has each message once, newest first in a partition; pages newest first over all of a channel.
sort in | sed 's/,"timestamp.*/}/' >want
sed 's/,"timestamp":"[^"]*"//' a | sort | cmp - want && echo all there
msgscan -d d -n 100000 -o message_id 3 | sort -nrc && echo newest first
msgscan -d d -n 100000 -o message_id 3 | wc -l
