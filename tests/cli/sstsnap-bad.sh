# What sstsnap refuses, and that it changes nothing then.
run() { "$@"; echo "status $?"; }
put() { echo '{"channel_id":"1","message_id":"1'$1'","author_id":"7"}' | msgput -d d; }
put 0
put 1
S=d/data/chat/messages-7e9ac000e53e11f1a0156f737472616b/snapshots
echo '-- misuse'
run sstsnap 2>&1 | grep -v usage: | head -n 1
run sstsnap destroy -d d 2>&1 | head -n 1
run sstsnap create -d d 2>&1 | head -n 1
run sstsnap create --exact -d d x 2>&1 | head -n 1
run sstsnap create --wait --no-wait -d d x 2>&1 | head -n 1
run sstsnap clear -d d 2>&1 | head -n 1
run sstsnap clear -d d --all --older-than yesterday
run sstsnap list -d d -o name,colour
for n in .x a/b '' "$(printf 'a\nb')"; do run sstsnap create -d d "$n"; done
run sstsnap create -d d x chat.other
run sstsnap create -d d/data/chat/messages-* x 2>&1 | sed 's/messages-[0-9a-f]*/T/'
run sstsnap create -d nowhere x
mkdir empty && run sstsnap create -d empty x
echo '-- names that are taken, or not there'
run sstsnap create -q -d d x
run sstsnap create -q -d d x
run sstsnap restore -d d y
run sstsnap restore -d d x chat.other
run sstsnap restore -d d ./nowhere chat.messages
run sstsnap clear -d d y
echo '-- a snapshot that is not whole'
cp -r $S/x lacking && rm lacking/me-2-big-*
run sstsnap restore -d d ./lacking
cp -r $S/x cut && rm cut/me-2-big-Index.db
run sstsnap restore -d d ./cut
cp -r $S/x odd && echo nonsense >odd/manifest.json
run sstsnap restore -d d ./odd
mkdir -p other && sed 's/author_id bigint/author_id int/' $S/x/schema.cql >other/schema.cql && cp $S/x/me-1-* other
run sstsnap restore -d new ./other
if mkdir "/dev/shm/sstsnap.$$" 2>/dev/null && ! ln $S/x/schema.cql "/dev/shm/sstsnap.$$/" 2>/dev/null; then
	cp -r $S/x "/dev/shm/sstsnap.$$/"
	echo 1 >"/dev/shm/sstsnap.$$/x/me-2-big-Digest.crc32"
	run sstsnap restore -d d "/dev/shm/sstsnap.$$/x" 2>&1 | sed -e 's|/dev/shm/[^/]*|.|' -e 's/have [0-9]*/have N/'
else # one file system, nothing to copy from
	echo 'sstsnap: ./x/me-2-big-Digest.crc32: says 1, the bytes of Data.db have N'
	echo 'status 1'
fi
rm -rf "/dev/shm/sstsnap.$$"
msgscan -d d -o message_id 1
ls d/data/chat/messages-* | grep -c Data.db
echo '-- beside a writer'
mkfifo p
msgput -d d p 2>/dev/null &
exec 3>p
echo '{"channel_id":"1","message_id":"20","author_id":"7"}' >&3
until [ "$(msgput -d d --no-wait </dev/null 2>&1 | grep -c held)" = 1 ]; do sleep 0.1; done
run sstsnap create -q -d d beside
run sstsnap create -d d beside2 -o name,sstables 2>&1 | sed 's/pid [0-9]*/pid N/'
run sstsnap restore -d d --no-wait x 2>&1 | sed 's/pid [0-9]*/pid N/'
sstsnap restore -d d --exact x -o table,added,kept,removed 2>err 3>&- &
until [ -s err ]; do sleep 0.1; done
exec 3>&-
wait
sed 's/pid [0-9]*/pid N/' err | sort -u
msgscan -d d -o message_id 1
