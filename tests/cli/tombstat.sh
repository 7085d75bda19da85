# What tombstat finds in a directory of messages; that compact then does what it said, to the byte; and that
# the commands it prints make old tombstones go.
m() { msgput -q -d d "$@" 2>&1; }
line() { printf '{"channel_id":"%s","message_id":"%s","author_id":"7","content":"%s"}\n' "$@"; }
gone() { awk -v c="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "{\"channel_id\":\"%s\",\"message_id\":\"1454608000%09d\"}\n", c, i }'; }
get() { sed -n "s/.*\"record\":\"$1\".*\"$2\":\([^,}]*\).*/\1/p"; }
sizes() { sed -E 's/ +[0-9.]+ ([KM]iB|B)/ SIZE/g; s/"([a-z]*_?bytes)":[0-9]+/"\1":N/g; s/ +/ /g'; }
t() { tombstat --now 2026-01-05 "$@"; }

line 1 1454600000000000000 first | m
line 2 1454600000000000001 second | m
gone 1 1200 | m --delete --now 2026-01-01
gone 2 60 | m --delete --now 2026-01-04
echo '{"channel_id":"3","message_id":"61","content":"edit of nobody"}' | m --edit --now 2026-01-01
echo "== for people"
t d >shown
echo "status $?"
sizes <shown
echo "== for programs"
t -j d | sed 's/"token":"[-0-9]*",//' | sizes
t -q d | sizes
t -q d >/dev/null
echo "status $?"
t -q --warn 1200 d
echo "status $?"
t -q -j --warn 50 -n 1 d | cut -d, -f 1-3

echo "== it begins to be old a moment after gc_grace"
for now in 2026-01-02T23:59:59Z 2026-01-03T00:00:00Z 2026-01-03T00:00:01Z; do
	tombstat -j --now $now d | get table droppable
done
t --gc-grace 3d -j d | get table droppable
t --gc-grace 0 -j d | get table droppable

echo "== pages: of one row, and of all there are"
t -j --page 1 d | get partition page_max
t --page 0 d | grep met
t -j --page 0 -n 1 d | get partition page

echo "== one partition, a range of tokens, some files"
t -j -k 2:401 d | get table tombstones
token=$(t -j -k 2:401 d | get partition token | tr -d '"')
t -j --token-range $((token - 1)).."$token" d | get table tombstones
t -j --token-range "$token"..$((token + 1)) d | get table tombstones
for f in d/data/chat/*/*-Data.db; do t -j "$f" | get table droppable; done

echo "== the command for the worst partition: only what it needs, and then nothing old is left"
t -j -n 1 d | get advice held_by
t -j -n 1 d | get advice blocked_by
t -j -n 1 d | get advice command | tr -d '"' >todo
wc -w <todo
cp -r d copy
sh todo >/dev/null
t -j -k 1:401 d | get partition tombstones
t -j d | get table tombstones
rm -rf d && mv copy d

echo "== compact does what was said, to the byte"
t --exact -j d >said
compact -j -d d --major --now 2026-01-05 >report
echo "$(get table returned_bytes <said) $(get table droppable <said)" >said
sed 's/.*"bytes_in":\([0-9]*\),"bytes_out":\([0-9]*\),.*"purged":\([0-9]*\),.*/\1 \2 \3/' report |
	while read -r in out purged; do echo "$((in - out)) $purged"; done | cmp said - && echo same
t d | sizes
t -q d
echo "status $?"
tombstat --now 2026-02-01 -j d | get table droppable

echo "== what is in the commit log keeps older tombstones"
line 2 1454600000000000002 late >late
msgput -q -d d --keep-log late
for f in droppable tombstones; do tombstat --now 2026-02-01 -j d | get table $f; done
tombstat --now 2026-02-01 d | tail -n 4 | sizes
compact -j -d d --major --now 2026-02-01 | grep -o '"purged":[0-9]*'

echo "== by Statistics.db alone"
t --fast d | sizes
t --fast -q d
echo "status $?"
tombstat --fast -q --now 2026-01-10 d | sizes

echo "== metrics"
t --prometheus d | grep -v bytes

echo "== the worst of many, and how many more there are"
for i in $(seq 10 49); do gone "$i" $((i * 7 % 40 + 1)) | sed 's/14546/14/'; done | msgput -q -d w --delete --now 2026-01-01
tombstat --now 2026-01-05 -d w -n 5 | sed -n '/worst/,/more/p' | sizes
tombstat --now 2026-01-05 -d w -n 100 -j | get partition page_max | uniq | wc -l
tombstat --now 2026-01-05 -d w -q --warn 38 -n 1
tombstat --now 2026-01-05 -d w -q --warn 38 --fail 39
for i in 1 2 3; do gone "$i" 3 | msgput -q -d w --delete --now 2026-01-01; done
tombstat --now 2026-01-05 -d w -n 2 | sed -n '/^SSTables/,/more/p' | sizes

echo "== metrics leave judging to others"
tombstat --now 2026-01-05 -d w --warn 1 --prometheus | grep past_threshold
tombstat --now 2026-01-05 --prometheus w w 2>&1 >/dev/null | sed 's|: w/data.*messages-[^:]*|: FOLDER|'

echo "== nothing there"
msgput -q -d none </dev/null
tombstat --now 2026-01-05 -d none

echo "== every field of -j is in the manual"
{ t -j w; t -j d; } | grep -o '"[a-z_]*":' | tr -d '":' | sort -u | while read -r f; do
	tr ' ' '\n' <"$ROOT/man/tombstat.1" | grep -qx "$f" || echo "$f is not"
done
