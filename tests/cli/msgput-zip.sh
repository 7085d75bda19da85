# Zips that lie: each is told, what is sound in it is stored, nothing is written outside the directory.
cp -r "$ROOT/tests/data/imports/hostile" .
for f in hostile/*.zip; do
	rm -rf d
	msgput -q -d d --author 9 "$f"
	echo "$f: status $?"
	msgscan -q -d d --all -o channel_id,message_id,content
done
find . -newer hostile/empty.zip -name '*.json'
