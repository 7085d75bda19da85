# Messages without an id get one: rising, unique over runs, of this worker, with the time of now.
for i in 1 2 3; do
	yes '{"channel_id":"1","author_id":"7","content":"x"}' | head -n 5000 | msgput -d d -j -w 33
done
msgscan -d d -n 20000 -o message_id 1 >ids
wc -l <ids
sort -u ids | wc -l
sort -nrc ids && echo newest first
bucketcalc -o worker,process - <ids | sort -u
a=$(bucketcalc -o id -- -1m) b=$(bucketcalc -o id -- +1m)
awk -v a="$a" -v b="$b" '$1 < a || $1 > b { n++ } END { print n + 0, "not of now" }' ids
