# bash completion for sstdump(1)
_sstdump() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	-f | --format)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'ndjson sstabledump scylla csv tsv hex table' -- "$cur"))
		return ;;
	-K | --key-file)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	--schema)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	--show)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'rows partitions stats index summary filter chunks schema explain' -- "$cur"))
		return ;;
	-k | --key | -n | --count | --clustering | --min-rows | --min-size | --min-tombstones | --now | --since | --token-range | --until | --written)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-d --dir -f --format -F --follow -j --json -k --key -K --key-file -n
			--count -q --quiet --clustering --merge --min-rows --min-size
			--min-tombstones --now --null --schema --show --since --token-range
			--tombstones --until --written -h --help -V --version' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur") $(compgen -f -X '!*-Data.db' -- "$cur"))
	fi
}
complete -o filenames -F _sstdump sstdump
