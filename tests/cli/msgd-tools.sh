# msgput and msgscan on a directory that msgd serves: what they print is what they print without it.
command -v zstd >/dev/null || { echo "no zstd" >&2; exit 77; }
PATH=$PATH:/usr/bin:/bin
zstd -dqc "$ROOT/tests/data/chat.jsonl.zst" >chat.jsonl
msgd -d served --no-cql --shards 2 --sync batch >listening 2>msgd.err &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid' EXIT
until_listening() {
	for _ in $(seq 600); do
		[ -s listening ] && break
		sleep 0.1
	done
}
until_listening
cat listening

# put NAME ARGUMENTS: the same both ways
put() {
	echo "\$ msgput $*"
	msgput -d direct "$@" >put.direct 2>err.direct
	direct=$?
	msgput -d served "$@" >put.served 2>err.served
	echo "status $? $direct"
	cmp put.direct put.served && cmp err.direct err.served
}

scan() {
	msgscan -d direct "$@" >scan.direct 2>err.direct
	direct=$?
	msgscan -d served "$@" >scan.served 2>err.served
	rc=$?
	[ $direct = $rc ] || echo "msgscan $*: status $rc, not $direct"
	cmp scan.direct scan.served && cmp err.direct err.served &&
		echo "msgscan $*: status $rc, $(wc -l <scan.served) lines"
}

put -j chat.jsonl
c=6885369446704490
scans() {
	scan $c
	scan -n 3 --reverse $c
	scan -n 1000 $c
	scan -n 0 $c
	scan --before 2025-12-01 -n 5 $c
	scan --after 1454608534732800000 -n 5 -o timestamp,author,content $c
	scan --around 1454608534732800000 -n 7 --reverse $c
	scan --after 2015-02-01 -n 20 $c
	scan --before 1 $c
	scan -f dce --now 2026-01-01 $c
	scan -f tsv -n 100 $c
	scan 12345
	scan --all
	scan --all -n 4
	scan --all --reverse -n 4 -o channel_id,message_id
	scan --token-range -1000000000000000000,4832400703772919503
}
scans

echo "edits and deletions:"
head -n 300 chat.jsonl | sed -n 's/^\({"channel_id":"[0-9]*","message_id":"[0-9]*"\).*/\1,"content":"never mind","reactions":{"x":1},"flags":null}/p' >edits
wc -l <edits
put --edit --now 2026-01-02 edits
head -n 2500 chat.jsonl | awk 'NR % 3 == 0' >gone
put --delete --now 2026-01-03 -j gone
echo '{"channel_id":"77","message_id":"1454608786391040000","content":"a ghost"}' >ghost
put --edit --now 2026-01-04 ghost
scan 77
scan --all

echo "bad lines, and what cannot go that way:"
printf '{"channel_id":1}\nnonsense\n{"channel_id":"5","message_id":"1454608786391040000","author_id":"7","content":"x"}\n' >bad
put bad
for o in --bulk '--sync batch' '--memory 8M' --keep-log --skip-damage; do
	# shellcheck disable=SC2086 # words
	msgput -d served $o chat.jsonl
	echo "status $?"
done

echo "acknowledged ids, and ids that are made:"
put --ack chat.jsonl
wc -l <put.served
echo '{"channel_id":"9","author_id":"7","content":"no id yet"}' | msgput -d served -j
msgscan -d served -o author_id,content 9
msgscan -d served -n 2 --stats -o message_id $c

echo "flush, and a snapshot:"
msgd flush served
msgd snapshot served monday
msgd snapshot served monday
echo "status $?"
msgd snapshot -q served tuesday
msgd snapshot served ''
echo "status $?"
sstsnap list -d served -o name,table
sstdump -f ndjson served | grep -c '"row"'
kill -USR1 $pid
until_flushed() {
	for _ in $(seq 600); do
		grep -q flushed msgd.err && break
		sleep 0.1
	done
}
until_flushed
cat msgd.err

echo "a second one, and what was served:"
msgd -d served --no-cql 2>second.err
echo "status $?"
sed 's/[0-9][0-9]*$/N/' second.err
kill $pid
wait $pid
echo "status $?"
ls served
scans >after
grep -c . after
msgd flush served
echo "status $?"
echo "it is gone while msgput has more, which is said once:"
: >listening
msgd -d served --no-cql >>listening 2>&1 &
pid=$!
until_listening
mkfifo lines
msgput -q -d served --ack lines >acked 2>lost &
put=$!
exec 3>lines
head -n 2 chat.jsonl >&3
for _ in $(seq 600); do
	[ "$(wc -l <acked)" -lt 2 ] || break
	sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
head -n 500 chat.jsonl 2>/dev/null >&3
exec 3>&-
wait $put
echo "status $?, $(wc -l <acked) acknowledged, $(wc -l <lost) line"
msgput -q -d served </dev/null 2>>lost # what the log has
echo "a socket that nobody listens at any more:"
ls served | grep sock
msgscan -d served -n 1 -o content $c
msgput -d served -j gone
msgd snapshot served late
echo "status $?"
echo "for systemd's journal:"
: >msgd.err
: >listening
JOURNAL_STREAM=$(stat -c %d:%i msgd.err) msgd -d served --no-cql >>listening 2>>msgd.err &
pid=$!
until_listening
kill -USR1 $pid
until_flushed
cat msgd.err
