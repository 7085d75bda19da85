# The commit log as its user meets it: acknowledgements, a kill, a torn tail, damage, segments kept.
message() { printf '{"channel_id":"1","message_id":"%s","author_id":"7","content":"%s"}\n' "$1" "$2"; }
quiet() { sed -E 's/CommitLog-7-[0-9]+/CommitLog-7-N/g; s/at byte [0-9]+/at byte N/; s/at [0-9]+:/at M:/; s/[0-9]+ (bytes of|damaged bytes)/N \1/'; }
segment() { ls d/commitlog/*.log; }

echo '-- each mode acknowledges what is good'
for mode in '--sync batch' '--sync group' '--sync periodic' --bulk; do
	# shellcheck disable=SC2086 # two words
	{ message 1 a; echo bad; message 2 b; } | msgput -d "m$mode" --ack $mode -q 2>&1
	echo "status $?, $(ls "m$mode/commitlog" 2>/dev/null | wc -l) segments, $(msgscan -d "m$mode" 1 | wc -l) messages"
done
message 3 c | msgput -d d --ack -j
message 3 c | msgput -d d --edit --ack
message 3 c | msgput -d d --delete --ack

echo '-- killed while it waits for more'
mkfifo p
msgput -d d --ack --sync batch p >acked 2>err &
exec 3>p
message 10 ten >&3
message 11 eleven >&3
i=0; while [ "$(wc -l <acked)" -lt 2 ] && [ $((i += 1)) -lt 100 ]; do sleep 0.1; done
cat acked
msgscan -d d -o message_id,content 1
kill -9 $!
wait $! 2>/dev/null
exec 3>&-
cat err
msgscan -d d -o message_id,content 1
cp -r d torn
cp -r d damaged
msgput -d d </dev/null 2>&1 | quiet
msgscan -d d -o message_id,content 1
ls d/commitlog

echo '-- the end is torn'
for s in torn/commitlog/*.log; do
	printf 'half a section, never synced' >>"$s"
done
msgscan -d torn -o message_id 1
msgput -d torn </dev/null 2>&1 | quiet
msgscan -d torn -o message_id 1

echo '-- damage'
for s in damaged/commitlog/*.log; do
	printf '\377' | dd of="$s" bs=1 seek=60 conv=notrunc status=none
done
msgscan -d damaged 1 2>&1 | quiet
msgput -d damaged </dev/null 2>err
echo "status $?"
quiet <err
msgput -d damaged --skip-damage </dev/null 2>&1 | quiet
ls damaged/commitlog | quiet
msgscan -d damaged -o message_id,content 1

echo '-- kept'
message 12 twelve | msgput -q -d d --keep-log
message 13 thirteen | msgput -q -d d --keep-log
segment | wc -l
msgscan -d d -o message_id 1
msgput -d d </dev/null 2>&1 | quiet
ls d/commitlog
msgscan -d d -o message_id 1

echo '-- more than half a segment'
{
	message 14 fourteen
	awk 'BEGIN { printf "{\"channel_id\":\"1\",\"message_id\":\"15\",\"author_id\":\"7\",\"mentions\":[1"
		for (i = 0; i < 1500000; i++) printf ",1"
		print "]}" }'
	message 16 sixteen
} | msgput -d d --ack 2>&1
echo "status $?"

echo '-- nobody reads'
seq 100 5099 | sed 's/.*/{"channel_id":"2","message_id":"&","author_id":"7"}/' >many
msgput -d d --ack --sync batch many | head -n 1
msgscan -d d -n 10000 2 | wc -l
msgput -d d --ack many >/dev/full
echo "status $?"
msgput -d d --bulk --sync batch </dev/null
echo "status $?"
msgput -d d --sync sometimes </dev/null
echo "status $?"
