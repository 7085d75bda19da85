# fish completion for msgd(1)
complete -c msgd -s d -l dir -x -a '(__fish_complete_directories)' -d 'data directory (else $OSTRAKA_DIR)'
complete -c msgd -l listen -x -d 'address of the ports (127.0.0.1)'
complete -c msgd -l cql-port -x -d 'port for CQL clients (9042)'
complete -c msgd -l shard-port -x -d 'port for clients that know shards (19042)'
complete -c msgd -l shards -x -d 'threads (one a core)'
complete -c msgd -l sync -x -a 'periodic group batch' -d 'when the log is synced'
complete -c msgd -s h -l help -d 'print this help'
complete -c msgd -s V -l version -d 'print the version'
