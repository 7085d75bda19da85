# One writer at a time; a reader beside it sees what is only in the log; a signal ends the input and
# keeps what was read.
mkfifo p
msgput -d d p 2>err &
exec 3>p
printf '{"channel_id":"1","message_id":"10","author_id":"7"}\n' >&3
for i in 1 2 3 4 5 6 7 8 9 10; do [ -s d/lock ] && break; sleep 0.1; done
echo '{"channel_id":"1","message_id":"11","author_id":"7"}' | msgput -d d --no-wait 2>&1 | sed 's/[0-9][0-9]*/N/g'
for i in 1 2 3 4 5 6 7 8 9 10; do [ -n "$(msgscan -d d 1)" ] && break; sleep 0.1; done
ls d/data/chat/*/*-Data.db 2>/dev/null
msgscan -d d -o message_id 1
kill -TERM $!
wait $!
echo "status $?"
cat err
exec 3>&-
msgscan -d d -o message_id 1
