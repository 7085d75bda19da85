# bash completion for sstdump(1)
_sstdump() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-f | --format)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'ndjson sstabledump' -- "$cur"))
		return ;;
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	--schema)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	--now)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-d --dir -f --format --now -q --quiet --schema -h --help
			-V --version' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur") $(compgen -f -X '!*-Data.db' -- "$cur"))
	fi
}
complete -o filenames -F _sstdump sstdump
