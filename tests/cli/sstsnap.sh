# A snapshot made, listed, restored (added, exactly, elsewhere) and cleared.
N=2026-11-21T10:00:00.5Z
one() { echo "{\"channel_id\":\"1\",\"message_id\":\"$1\",\"author_id\":\"7\",\"content\":\"$2\"}"; }
ids() { msgscan -d "$1" -o message_id,content 1 | tr '\n' ' '; echo; }
one 10 ten | msgput -d d
sstsnap create -d d --now $N -o name,table,sstables,files,created_at,expires_at first
one 11 eleven | msgput -d d
one 10 changed | msgput -d d --edit --now 2026-11-21
sstsnap create -d d --now 2026-11-21T10:00:10Z -q second chat.messages
cd d/data/chat/messages-*/snapshots/second && ls && cat manifest.json && echo && cmp schema.cql ../../schema.cql
[ me-1-big-Data.db -ef ../../me-1-big-Data.db ] && echo linked
cd - >/dev/null
echo '-- list'
sstsnap list -d d --now 2026-11-22T11:30:00Z
sstsnap list -d d --now 2026-11-22T11:30:00Z -o name,sstables,age chat | sort
sstsnap list -d d/data/chat/messages-* -j --now $N | sed 's/ize":[0-9]*/ize":N/g'
echo '-- restore'
one 12 twelve | msgput -d d
sstsnap restore -d d first
ids d
sstsnap restore -d d --exact first
ids d
ls d/data/chat/messages-* | grep Data.db
sstsnap restore -d d --exact second | tr -s ' ' | cut -d' ' -f1-4
ids d
echo '-- elsewhere'
sstsnap restore -q -d e --from d second
ids e
sstsnap restore -d f ./d/data/chat/messages-*/snapshots/first | tr -s ' ' | cut -d' ' -f1-4
ids f
ls f/data/chat/messages-*
cp -r d/data/chat/messages-*/snapshots/second bare
rm bare/schema.cql
sstsnap restore -q -d f ./bare chat.messages
ids f
echo '-- clear'
sstsnap clear -d d --all --older-than 2026-11-21T10:00:05Z -o name
sstsnap list -d d -o name
sstsnap clear -d d second -o name
sstsnap list -d d
ls d/data/chat/messages-*/snapshots
ids d
