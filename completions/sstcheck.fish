# fish completion for sstcheck(1)
complete -c sstcheck -s d -l dir -x -a '(__fish_complete_directories)' -d 'the data directory'
complete -c sstcheck -s j -l json -d 'verdicts as NDJSON'
complete -c sstcheck -s o -l output -x -a 'verdict partitions rows bytes stored problems file' -d 'these fields of the verdicts'
complete -c sstcheck -s q -l quiet -d 'no verdict of what is sound'
complete -c sstcheck -s h -l help -d 'print this help'
complete -c sstcheck -s V -l version -d 'print the version'
