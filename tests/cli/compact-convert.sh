# From every version that is read to those that are written, and to another codec: the rows stay.  Each run
# reads back what it wrote, and sstdiff looks once more.
[ -d "$FIX" ] || { echo "no fixtures" >&2; exit 77; }
n=0
convert() { # FOLDER VERSION OPTION...
	from=$1 to=$2
	shift 2
	n=$((n + 1))
	compact -q --no-idle --no-purge --major --to "$to" -o "out$n" "$@" "$from" || { echo "$from to $to: status $?"; return; }
	found=$(basename "$(ls "out$n"/*-Data.db)")
	case $found in "$to"-*) ;; *) echo "$from: $found" ;; esac
	sstdiff -q "$from" "out$n" || echo "$from to $to: rows differ"
	sstcheck -q "out$n" || echo "$from to $to: damaged"
}
for v in ma mb mc md me na nb nc oa da; do
	for t in simple clust_counter clust; do
		d=$FIX/cassandra/$v/legacy_tables/legacy_${v}_$t
		[ -d "$d" ] || continue
		convert "$d" me
		convert "$d" nb --compression zstd:1
	done
done
for d in "$FIX"/scylla/ms/* "$FIX"/scylla/mt/* "$FIX/scylla/lz4/multiple_chunks"; do
	[ -d "$d" ] && convert "$d" me --compression deflate
done
[ $n -gt 40 ] && echo "all of them"
