# Other epochs and bucket sizes; ids that hold no time; the buckets of a range.
bucketcalc --epoch 2010-11-04T01:42:54.657Z 1050118621198921728
bucketcalc --bucket-days 1 -o bucket,first_id,last_id 2015-01-11 2084-09-06
bucketcalc --block 1000 999 1000 7:3
bucketcalc --range 2015-01-01 2015-02-01
bucketcalc --range -j -c 5 -s 4 3623878655999999 3623878656000000
bucketcalc --range -c 5 -s 4 0 3623878656000000
