# -F: what is written shows up as it is written, in the segment that is there and in the next one.
line() { echo "{\"channel_id\":\"7\",\"message_id\":\"157276333670400000$1\",\"author_id\":\"1\",\"content\":\"$2\"}"; }
# soon COMMAND...: true within half a minute
soon() {
	for _ in $(seq 600); do
		"$@" && return
		sleep 0.05
	done
	echo "never: $*"
}
has() { [ "$(grep -c '' out)" -ge "$1" ]; }
logged() { ls d/commitlog/CommitLog-* >/dev/null 2>&1; }
put() { msgput -q -d d --sync batch --keep-log "$@"; }
msgput -q -d d </dev/null
mkfifo in
put <in >put.out 2>&1 &
writer=$!
exec 3>in
line 0 "the first" >&3
soon logged
: >out
sstdump -q -F d/commitlog >out 2>err 3>&- &
reader=$!
soon has 1
line 1 "the second" >&3
soon has 2
exec 3>&-
wait $writer
echo "msgput: exit $?"
line 2 "the third, of another process" >third
put third
soon has 3
kill -0 $reader && echo "it goes on"
kill $reader
wait $reader 2>/dev/null
sed 's/"file":"[^"]*","position":[0-9]*/"file":"…"/' out
sed "s|^msgput: .*replayed|replayed|" err put.out
