# sstcheck: what is sound, and each kind of damage with its place.
C="$ROOT"/tests/data/nb
mkdir ks
cp -r "$C"/wide ks/t
echo "== sound"
sstcheck "$C"/counts "$C"/many "$C"/types ks | sed 's|[^ ]*/nb/|…/|'
sstcheck -q ks
sstcheck -j ks
sstcheck -o verdict,file ks/t/nb-1-big-Index.db
echo "exit $?"

# byte FILE OFFSET: turns the lowest bit of a byte round
byte() {
	b=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\$(printf %03o $((b ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# damage COMMAND...: on a fresh copy, then checked
damage() {
	rm -rf x && mkdir x && cp "$C"/wide/nb-* x
	echo "== $*"
	"$@"
	sstcheck -q -o verdict,partitions,rows,problems x 2>&1
	echo "exit $?"
}
for f in Data Index Summary Statistics CompressionInfo; do
	damage byte x/nb-1-big-$f.db 40
done
damage byte x/nb-1-big-Filter.db 7
damage byte x/nb-1-big-Digest.crc32 2
damage byte x/nb-1-big-TOC.txt 0
damage rm x/nb-1-big-Summary.db
damage rm x/nb-1-big-Data.db
damage rm x/nb-1-big-Statistics.db
damage rm x/nb-1-big-TOC.txt
damage truncate -s -100 x/nb-1-big-Data.db
damage truncate -s 0 x/nb-1-big-Index.db
damage truncate -s -1 x/nb-1-big-Index.db
echo "== nothing"
mkdir empty
sstcheck empty
echo "exit $?"
sstcheck -q empty ks
echo "exit $?"
sstcheck none
echo "exit $?"
echo "== names that the shell makes of *: an SSTable once, and nothing else is damaged"
touch ks/t/manifest.json
sstcheck -o verdict,file ks/t/*
echo "exit $?"
rm ks/t/manifest.json
echo "== a schema out of a pipe"
echo 'CREATE TABLE ks.t (other int PRIMARY KEY);' >s.cql
sstcheck -q -o verdict --schema s.cql ks
cat s.cql | sstcheck -q -o verdict --schema /dev/stdin ks
cat s.cql | sstcheck -q -o verdict --schema - ks
echo "== a tree that is deeper than any, with a way back up"
D=d/1/2/3/4/5/6/7/8/9/10/11/12
mkdir -p $D && cp -r ks/t $D/t && ln -s "$PWD/d" $D/up
sstcheck -o verdict,file d
echo "== a version that is not known is not damaged"
mkdir zz && for i in ks/t/nb-*; do cp "$i" "zz/zz-${i#ks/t/nb-}"; done
sstcheck zz
echo "exit $?"
sstcheck -o foo ks 2>&1 | head -n 1
sstcheck 2>&1 | head -n 1
