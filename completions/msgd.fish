# fish completion for msgd(1)
complete -c msgd -f
complete -c msgd -s d -l dir -x -a '(__fish_complete_directories)' -d 'data directory (else $OSTRAKA_DIR)'
complete -c msgd -s q -l quiet -d 'no remarks'
complete -c msgd -l config -r -d 'settings (DIR/msgd.yaml)'
complete -c msgd -l check-config -d 'print the settings in force, and end'
complete -c msgd -l listen -x -d 'address of the ports (127.0.0.1)'
complete -c msgd -l cql-port -x -d 'port for CQL (9042)'
complete -c msgd -l shard-port -x -d 'port for drivers that know shards (19042)'
complete -c msgd -l no-cql -d 'no ports: DIR/msgd.sock only'
complete -c msgd -l shards -x -d 'threads (one for each processor)'
complete -c msgd -l sync -x -a 'periodic group batch' -d 'when the log is synced'
complete -c msgd -l memory -x -d 'of memtables, of all shards together (256M)'
complete -c msgd -l cache -x -d 'of decompressed chunks, of all shards (256M)'
complete -c msgd -l no-compact -d 'do not run compact'
complete -c msgd -l keep-log -d "leave the log's segments, for a Cassandra to replay"
complete -c msgd -l skip-damage -d 'pass over damage in the log of a crash'
complete -c msgd -s h -l help -d 'print this help'
complete -c msgd -s V -l version -d 'print the version'
