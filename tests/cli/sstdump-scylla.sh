# The form of ScyllaDB's tool: every kind of thing, two files in one document, and nothing.
[ -d "$FIX" ] || { echo "no ../shared/fixtures" >&2; exit 77; }
U=$FIX/scylla/uncompressed
for t in static_row write_counter_table range_tombstones_simple write_deleted_column write_missing_columns_large_set \
	write_ttled_row write_collection_wide_update write_user_defined_type_table; do
	[ -d "$U/$t" ] || continue
	cp -r "$U/$t" .
	sstdump -q -f scylla "$t" | head -c 1500
	echo
done
sstdump -q -f scylla static_row range_tombstones_simple | tr ',' '\n' | grep -c 'Data.db'
mkdir empty
sstdump -f scylla empty
