# bash completion for sstcheck(1)
_sstcheck() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	-o | --output)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'verdict partitions rows bytes stored problems file' -- "$cur"))
		return ;;
	--salvage)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	--schema)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-d --dir -j --json -o --output -q --quiet --rebuild --salvage --schema
			-h --help -V --version' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur") $(compgen -f -X '!*-Data.db' -- "$cur"))
	fi
}
complete -o filenames -F _sstcheck sstcheck
