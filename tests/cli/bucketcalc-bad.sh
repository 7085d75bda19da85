# Bad operands are named, the good ones answered, exit 1; wrong use is exit 2.
bucketcalc -o operand,bucket -- 1 x -1 9223372036854775808 2014-12-31 2084-09-07 5:2546 5: '' 2015-01-11
echo "status $?"
printf '1\nx\n%05000d\n2\n' 0 | bucketcalc -o bucket
echo "status $?"
bucketcalc --block 1 2147483648
echo "status $?"
bucketcalc --block 10 2015-01-01
echo "status $?"
for a in '--block 0' '--bucket-days 25452' '-s 0' '-s 65537' '-c -1' '-o bucket,nothing 1' \
	'--epoch never' '--capacity --rate 0' '--capacity --years inf' '--capacity 1' '--range 1' \
	'--range 2 1' '--range 1 x' '--range --capacity' '--nothing'; do
	# shellcheck disable=SC2086 # several words
	bucketcalc $a 2>&1 | head -n 1
done
bucketcalc --range 1 x 2>err
