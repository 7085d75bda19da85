# Pages: newest, before, after, around, reversed; anchors that are no messages, times, both ends.
i=0
while [ $((i += 1)) -le 120 ]; do # ten messages in every third bucket
	echo "{\"channel_id\":\"9\",\"message_id\":\"$((i / 10 * 3 * 3623878656000000 + i))\",\"author_id\":\"7\",\"content\":\"m$i\"}"
done | msgput -d d
page() { printf '%s:' "$*"; msgscan -d d -o content "$@" 9 | tr '\n' ' '; echo; }
page
page -n 3
page -n 0
page -n 3 --reverse
page -n 3 --before 0
page -n 3 --before 1
page -n 3 --before 3
page -n 3 --before 9223372036854775807
page -n 3 --after 0
page -n 3 --after 0 --reverse
page -n 3 --after 9
page -n 3 --after 130459631616000120
page -n 3 --after 130459631616000119
page -n 3 --after 9223372036854775807
page -n 5 --around 10871635968000012
page -n 5 --around 10871635968000012 --reverse
page -n 4 --around 5000
page -n 1 --around 5000
page -n 5 --around 0
page -n 5 --around 9223372036854775807
page -n 2 --before 2015-01-31
page -n 2 --after 2015-01-31
page -n 2 --after 2014-01-01
page -n 2 --before 2014-01-01
page -n 2 --before 2100-01-01
page -n 2 --after 2100-01-01
page -n 2 --now 2015-02-02 --before -2d
page -n 2 --before @1422662400
msgscan -d d -n 1 9
msgscan -d d 10
msgscan -d d -n 2 -o message_id,bucket,timestamp,author,channel_id,content 9
msgscan -d d -n 11 --stats -o content 9 2>&1 >/dev/null | grep -v chunks
