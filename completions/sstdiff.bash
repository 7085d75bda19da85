# bash completion for sstdiff(1)
_sstdiff() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-o | --output)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'table what same changed only_a only_b' -- "$cur"))
		return ;;
	--schema)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-n | --count | --now)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-j --json -n --count -o --output -q --quiet --live --now --schema
			--stat --values -h --help -V --version' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur") $(compgen -f -X '!*-Data.db' -- "$cur"))
	fi
}
complete -o filenames -F _sstdiff sstdiff
