# One operand upright, several as a table, each kind of operand; token and shard with a channel.
bucketcalc 175928847299117063
bucketcalc 2026-11-21
bucketcalc -s 8 81384788765712384:434
bucketcalc 0 3623878655999999 3623878656000000 9223372036854775807
bucketcalc -c 81384788765712384 -s 8 175928847299117063 @1420070400.5 81384788765712384:2
bucketcalc --now 2026-11-21T12:00:00Z -o id,time,id_end -- -2h now
printf '897616432739799082\r\n\n  2021-10-12T22:47:14.472Z\n' | bucketcalc -j
printf '1\n' | bucketcalc -o bucket 2015-01-11 - 2015-01-21
