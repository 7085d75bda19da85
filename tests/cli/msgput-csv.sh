# CSV: our own names, DiscordChatExporter's and the data package's headings, quotes, what is bad.
printf '\357\273\277message_id,channel_id,author_id,author,content,pinned,type,mentions,reactions,reference,attachments,edited_timestamp,foo\r\n' >in.csv
printf '10,5,7,bob,"a,""b""\nc",true,19,"[1,""2""]","{""x"":1}","{""message_id"":5}","[""u""]",1451700245678,x\r\n' >>in.csv
printf '\r\n11,5,7,,d,false,,,,,,2016-01-02T02:04:05.678Z,\r\n' >>in.csv
printf '12,5,7\r\n13,5,7,,"e"x,,,,,,,,\r\n14,5,7,,e,maybe,,,,,,,\r\n15,5,7,,e,,,[,,,,,\r\n16,5,7,,\377,,,,,,,,\r\n17,5,7,,good,,,,,,,,' >>in.csv
msgput -d a in.csv
echo "status $?"
msgscan -d a --all
# A quote that does not end takes its line along and no more.
printf 'channel_id,message_id,author_id,content\n1,10,7,a\n1,11,7,"b\n1,12,7,c\n' | msgput -d b
msgscan -d b --all -o message_id,content
# Strict, an empty file, a heading alone, one that says nothing, edits that clear.
msgput -d b --strict in.csv
printf '' | msgput -d b -f csv -j
printf 'channel_id,message_id\n' | msgput -d b -j
printf 'x,y\n1,2\n' | msgput -d b -f csv
printf 'channel_id,message_id,content\n1,10,\n' | msgput -d b --edit --now 2016-01-01
msgscan -d b --all -o message_id,content
# The exporter's: ids from dates, the same each time, either way round.
{
	echo 'AuthorID,Author,Date,Content,Attachments,Reactions'
	echo '"7","bob","2021-10-12T22:47:14.4720000+00:00","hi, ""you""","","👍 (3), blob (1)"'
	echo '"8","ann","2021-10-12T22:47:14.4720000+00:00","","https://a/1/b.png,https://a/2/c.png",""'
	echo '"8","ann","2021-10-12T23:47:15.0000000+01:00","up","",""'
	echo '"8","ann","2021-10-12T22:47:14.9000000+00:00","back","",""'
	echo '"8","ann","12-Oct-21 10:47 PM","old","","x"'
	echo '"8","ann","2021-10-12T22:47:16.0000000+00:00","x","","x"'
} >dce.csv
msgput -q -d c --channel 5 dce.csv
msgscan -d c --all
msgput -q -d c --channel 5 dce.csv 2>/dev/null
msgscan -d c --all | wc -l
msgput -q -d c dce.csv 2>&1 | head -n 1
{ head -n 1 dce.csv && sed -n '4p;3p;2p' dce.csv; } | msgput -q -d c2 --channel 5
msgscan -d c2 --all -o message_id,content
# The data package's, by itself; authors and channels from options for JSON too.
printf 'ID,Timestamp,Contents,Attachments\n10,2016-01-01 00:00:00+00:00,a,u v\n' | msgput -d p --channel 5 --author 7
echo '{"message_id":11,"content":"b"}' | msgput -d p --channel 5 --author 7
msgscan -d p --all
msgput -d p --channel x
msgput -d p --author -1
# However many are bad, the first of them are named.
{ echo 'channel_id,message_id,author_id'; yes '1,x,7' | head -n 1000; echo 1,10,7; } | msgput -j -d q
