# The sizing of a big service, from factors that are all shown; a partition past the limit: exit 1.
bucketcalc --capacity
bucketcalc --capacity -j --rate 1000 --bytes 150 --copies 1 --overhead 1 --years 1
bucketcalc --capacity --block 1000000 -o name,value
bucketcalc --capacity --channel-rate 5 --bucket-days 10 | tail -n 3
bucketcalc --capacity --channel-rate 5 -o value | tail -n 1
bucketcalc --capacity --channel-rate 5 >all
