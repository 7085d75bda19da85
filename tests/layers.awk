# Usage: awk -f layers.awk layers FILES: refuses an #include that the table of rooms does not allow.
# A line of the table is a room, then all it may include; a room may always include itself.
FNR == NR { for (i = 1; i <= NF; i++) may[$1, $i] = 1; known[$1] = 1; next }
FNR == 1 {
	n = split(FILENAME, part, "/")
	room = part[n - 1]
	tree = part[n - 2]
	if (tree == "libsst" && !(room in known)) { print FILENAME ": room not in tests/layers"; bad = 1 }
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	split(q[2], to, "/")
	if (tree == "libsst" && !((room, to[1]) in may)) {
		print FILENAME ":" FNR ": " room " may not include " q[2]
		bad = 1
	}
}
END { exit bad }
