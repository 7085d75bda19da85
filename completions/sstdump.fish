# fish completion for sstdump(1)
complete -c sstdump -s d -l dir -x -a '(__fish_complete_directories)' -d 'the data directory'
complete -c sstdump -s f -l format -x -a 'ndjson sstabledump' -d 'ndjson or sstabledump'
complete -c sstdump -l now -x -d 'decide expiry as of this time'
complete -c sstdump -s q -l quiet -d 'show no progress'
complete -c sstdump -l schema -r -d 'take names of key columns from this file'
complete -c sstdump -s h -l help -d 'print this help'
complete -c sstdump -s V -l version -d 'print the version'
