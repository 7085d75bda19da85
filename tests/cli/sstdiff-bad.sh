# What sstdiff cannot tell is status 2, never "the same" or "different".
run() { "$@"; echo "status $?"; }
echo '{"channel_id":"1","message_id":"10","author_id":"7","content":"x"}' | msgput -d a
cp -r a b
D=$(echo b/data/chat/messages-*)
run sstdiff 2>&1 | head -n 1
run sstdiff a 2>&1 | head -n 1
run sstdiff a nowhere
run sstdiff -n 0 a b
run sstdiff -o what a b 2>&1 | head -n 1
run sstdiff --stat -o colour a b
printf X | dd of=$D/me-1-big-Data.db bs=1 seek=20 conv=notrunc 2>/dev/null
# Checksums are of what the library of a compressor makes of it.
damaged() { run "$@" 2>&1 | sed -e 's/messages-[0-9a-f]*/T/' -e 's/\<[0-9a-f]\{8\}\>/CRC/g'; }
damaged sstdiff a b
damaged sstdiff -q b a
: >$D/me-1-big-Statistics.db
run sstdiff --stat a b 2>&1 | sed 's/messages-[0-9a-f]*/T/'
run sstdiff -q a/data "$(ls -d "$ROOT"/tests/data/nb/* | head -n 1)" 2>&1 | sed 's|/.*/tests|tests|'
