# Two compactions and a writer at once, then runs that are killed: every message is there, whoever came
# first, and the next run does what is left.
seq 1 3000 | awk '{ printf "{\"channel_id\":\"%d\",\"message_id\":\"145460800000%07d\",\"author_id\":\"7\",\"content\":\"number %d\"}\n", $1 % 5, $1, $1 }' >all
msgput -q -d d </dev/null # makes the directory
for i in 0 1 2 3 4 5 6 7 8 9; do
	awk -v i=$i 'NR % 10 == i' all >part
	msgput -q -d d part &
	p1=$!
	compact -q -d d 2>>err1 &
	p2=$!
	compact -q -d d --major 2>>err2 &
	p3=$!
	wait $p1 || echo "msgput: $?"
	wait $p2 || echo "compact: $?"
	wait $p3 || echo "compact --major: $?"
done
grep -v -e 'skipped, another compaction is at it' err1 err2
seq 1 3000 | sort >want
msgscan -d d --all -o content | sed 's/number //' | sort | cmp - want

for t in 0.002 0.005 0.01 0.02 0.04; do
	head -n 20 all | msgput -q -d d 2>/dev/null
	timeout -s KILL $t compact -q -d d --major 2>/dev/null
	msgscan -d d --all -o content | sed 's/number //' | sort | cmp - want
done
compact -q -d d --major --wait=60 2>/dev/null # a killed run may still be on its way out
msgscan -d d --all -o content | sed 's/number //' | sort | cmp - want
ls d/data/chat/messages-* | grep -c -e Data.db -e txn

# a table that another one is at
table=$(echo d/data/chat/messages-*)
perl -MFcntl -e 'open my $f, "+>>", shift or die; my $l = pack("s s x![l!] l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; $| = 1; print "held\n"; sleep 60' "$table/.compact" >held &
holder=$!
until [ -s held ]; do sleep 0.05; done
compact -d d
echo "status $?"
compact -d d --wait=1
echo "status $?"
(sleep 0.5; kill $holder) &
compact -q -d d --wait && echo "waited"
wait
