# Everything: by token; per channel with -n, an anchor or --reverse; ranges that cover the ring.
i=0
while [ $((i += 1)) -le 60 ]; do # three channels, seven buckets
	echo "{\"channel_id\":\"$((i % 3 + 1))\",\"message_id\":\"$((i / 10 * 3623878656000000 + i))\",\"author_id\":\"7\",\"content\":\"m$i\"}"
done | msgput -d d
msgscan -d d --all -o channel_id,bucket,content >all
cut -f 1,2 all | uniq | wc -l
awk '{ print $1 ":" $2 }' all | uniq | bucketcalc -o token - >tokens
sort -nc tokens && echo by token
sort -k1n -k2n all | cut -f 3 | tr '\n' ' '
echo
msgscan -d d --all -n 2 -o channel_id,content
msgscan -d d --all -n 1 --reverse --after 5000 -o channel_id,content
msgscan -d d --all --reverse -o channel_id,content | awk '$1 == 2 { printf "%s ", $2 } END { print "" }'
a=$(sed -n 6p tokens) b=$(sed -n 12p tokens)
for r in "-9223372036854775808,$a" "$a,$b" "$b,9223372036854775807"; do
	msgscan -d d --token-range "$r" -o channel_id,bucket,content
done | cmp - all && echo the same
msgscan -d d --token-range "$a,$b" -n 1000 | wc -l
msgscan -d d --token-range "$a,$b" | wc -l
msgscan -d d --all --stats 2>&1 >/dev/null | grep -E 'messages|visited|tombstones'
