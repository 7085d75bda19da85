# What tombstat refuses, and what it looks at all the same.
say() { "$@" 2>&1; echo "status $?"; }
say tombstat
say tombstat nothere
mkdir empty
say tombstat empty
say tombstat --page many d
say tombstat --gc-grace soon d
say tombstat --now never d
say tombstat --token-range 5 d
say tombstat --fast --key 1:2 d
say tombstat --fast --exact d
say tombstat --exact --key 1:2 d
say tombstat --key 1:2 --token-range 1,2 d
say tombstat --prometheus -j d
printf '{"channel_id":"1","message_id":"1","author_id":"7"}\n' >line
msgput -q -d d line
say tombstat -k nonsense d | sed 's/^tombstat: //'
say tombstat -k 1:2:3 d | sed 's/^tombstat: //'
say tombstat line
f=$(ls d/data/chat/*/me-1-big-Data.db)
say tombstat "$f" d
OSTRAKA_DIR=d tombstat --fast -j | head -n 1 | cut -d, -f 1-3
tombstat -d d | head -n 1 | cut -d, -f 1

echo "== a bare folder without a schema; one that cannot be written to, and is not"
mkdir bare
cp d/data/chat/*/me-1-big-* bare/
chmod 555 bare
say tombstat --now 2026-01-01 bare | sed -e 's/[0-9.]* [KM]*i*B/SIZE/g' -e 's/^[^ ]*bare/FOLDER.bare/' | head -n 1
chmod 755 bare

echo "== damage: nothing is counted, and the place is named"
printf x | dd of="$f" bs=1 seek=20 conv=notrunc 2>/dev/null
say tombstat d | sed -e 's|d/data.*/||' -e 's/ [0-9a-f]\{8\}/ CRC/g'
echo "== Statistics.db is sound"
say tombstat --fast -j d | cut -d, -f 1-3
rm "${f%Data.db}Statistics.db"
say tombstat --fast d | sed 's|d/data.*/||'
