# A chunk of 2 KiB that unpacks to 64 MiB, with a right checksum: refused.
M='{"channel_id":"1","message_id":"1454608786391040000","author_id":"2","content":"hello"}'
echo "$M" | msgput --bulk -d chat --now 2025-12-28 -
mkdir x
cp chat/data/chat/messages-*/me-1-big-* x
head -c 67108864 /dev/zero | zstd -19 -q -c >z
# the checksum, big-endian, is the first half of gzip's last 8 bytes turned round
crc=$(gzip -1 -c z | tail -c 8 | od -An -to1 | awk '{ print "\\0" $4 "\\0" $3 "\\0" $2 "\\0" $1 }')
{
	cat z
	printf %b "$crc"
} >x/me-1-big-Data.db
(
	sstcheck -q -o verdict x
	echo "exit $?"
	sstdump x
	echo "exit $?"
) 2>&1 | grep -v Digest | sed 's/[0-9]* bytes are/N bytes are/'
