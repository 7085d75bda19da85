# The same table written by each version of Cassandra: values are the same, write times are not.
# (In the clust tables the values too are new each time.)
[ -d "$FIX/cassandra" ] || { echo "no fixtures" >&2; exit 77; }
cd "$FIX/cassandra" || exit 2
for k in simple simple_counter clust_counter simple_compact; do
	for v in mb mc md me nb nc oa da; do
		d=$v/legacy_tables/legacy_${v}_$k
		[ -d "$d" ] || continue
		sstdiff --values ma/legacy_tables/legacy_ma_$k "$d" | head -n 2 | cut -c 1-200
		sstdiff -q ma/legacy_tables/legacy_ma_$k "$d"
		echo "$k ma $v: exact $?, values $(sstdiff -q --values ma/legacy_tables/legacy_ma_$k "$d"; echo $?)"
	done
done
