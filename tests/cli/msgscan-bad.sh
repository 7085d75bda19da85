# Wrong use and what is not there: exit 2, one complaint.  A reader leaves no trace; | head is quiet.
mkdir empty
msgscan -d nothing 1
echo "status $?"
msgscan -d empty 1
echo "status $?"
for a in '' '1 2' '--all 1' '--before 1 --after 1 1' '-o contents 1' '-n x 1' '-n -1 1' '--before x 1' \
	'--before 9223372036854775808 1' '--before -5 1' '--around 2015-13-01 1' '--token-range 1' \
	'--token-range 2,1' '--token-range 1,2,3' '--token-range 1,9223372036854775808' '--now x 1' \
	'x' '9223372036854775808' '-- -1'; do
	# shellcheck disable=SC2086 # several words
	msgscan -d empty $a 2>&1 | head -n 1
done
msgscan 1 2>&1 | head -n 1
awk 'BEGIN { for (i = 0; i < 50000; i++) printf "{\"channel_id\":\"1\",\"message_id\":\"%d\",\"author_id\":\"7\",\"content\":\"message %d\"}\n", i, i }' | msgput -d d
find d -printf '%p %s %T@ %i\n' | sort >before
msgscan -d d --all | head -n 1
msgscan -d d -n 100000 1 | tail -n 1
find d -printf '%p %s %T@ %i\n' | sort | cmp - before
msgscan -d d --all >/dev/full
echo "status $?"
