# Options that do not go together, or say nothing.
for args in '-f xml' '--show me' '-n 3' '--min-rows 1' '--merge --show schema' '--show partitions -f csv' \
	'-f table' '--show explain' '--merge -f sstabledump' '--since 2025-01-01 --clustering 1..2' --null; do
	# shellcheck disable=SC2086
	sstdump $args . 2>&1 | head -n 1
done
for args in '--token-range 5' '--token-range 5..5' '--token-range 1..2x' '--token-range 99999999999999999999..' \
	'--clustering 5' '--written soon..' '--written 2026-01-01..2025-01-01' '--since 2026-01-01 --until 2025-01-01' '--since soon' '-K missing'; do
	# shellcheck disable=SC2086
	sstdump $args . || echo "exit $?"
done
