# msgd's settings: file, options, and what is refused, before anything is done.
mkdir d
echo '$ a file in the directory'
printf 'shards: 3\nrack: r9\ncommitlog_sync: group\n' >d/msgd.yaml
msgd -d d --check-config | sed -e 's|^# compact_program: .*/compact.$|# compact_program: BESIDE|'
echo '$ what nothing sets'
touch empty.yaml
msgd --config empty.yaml --check-config | sed -n 's/^# shards: [1-9][0-9]*$/N shards/p'
echo '$ options take precedence, and another file takes its place'
echo 'tombstone_warn_threshold: 5' >other.yaml
msgd -d d --config other.yaml --check-config --sync batch --shards 2 --cql-port 0 --shard-port 0 --no-cql \
	--memory 8M --cache 9M --no-compact --listen ::1 | grep -v '^#' | grep -e sync: -e shards -e port -e warn -e _s -e rack -e compact -e rpc
echo '$ a file alone'
msgd --config other.yaml --check-config | grep warn
echo '$ what --check-config prints is a file'
msgd -d d --check-config >printed.yaml
msgd --config printed.yaml --check-config | diff printed.yaml - && echo same
for bad in 'shards: many' 'shard: 1' 'shards: 1
shards: 1' 'rack: [a]' 'rpc_address: 0.0.0.0' 'tombstone_failure_threshold: 10' "rack: 'a"; do
	echo "\$ $bad"
	echo "$bad" >bad.yaml
	msgd -d none --config bad.yaml 2>&1
	echo "status $?"
done
echo '$ options that are refused'
for bad in '--cql-port 65536' '--shards 0' '--sync never' '--listen here' '--memory 1K' '--cache x' '--config gone.yaml' \
	'--cql-port 7 --shard-port 7' 'operand'; do
	# shellcheck disable=SC2086 # words
	msgd -d none $bad 2>&1 | head -n 1
done
head -c 70000 /dev/zero | tr '\0' '#' >long.yaml
msgd -d none --config long.yaml
echo "status $?"
[ ! -e none ] || echo "something was made"
echo '$ a directory of another system, and none'
mkdir -p cassandra/data/ks/t-7e9ac000e53e11f1a0156f737472616b
touch cassandra/data/ks/t-7e9ac000e53e11f1a0156f737472616b/nb-1-big-Data.db
timeout 10 msgd -d cassandra --no-cql 2>&1
echo "status $?"
ls cassandra
timeout 10 msgd -d other.yaml --no-cql 2>&1
timeout 10 msgd -d not/there --no-cql 2>&1
echo '$ an address that is not ours, in brackets where it has colons'
for a in 192.0.2.1 2001:db8::1; do
	timeout 10 msgd -q -d away --listen $a --cql-port 9042 2>&1 | sed 's/9042: .*/9042: …/'
done
msgd --check-config 2>&1 | head -n 1
msgd -q -d d --check-config --listen 10.0.0.1 | grep rpc
msgd -d d --check-config --listen 10.0.0.1 2>&1 | grep -e rpc -e authentication
