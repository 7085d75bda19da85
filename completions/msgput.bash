# bash completion for msgput(1)
_msgput() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	-f | --format)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'ndjson dce package csv' -- "$cur"))
		return ;;
	--sync)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'periodic group batch' -- "$cur"))
		return ;;
	-w | --worker | --memory | --now | --channel | --author)
		return ;;
	esac
	if [[ $cur != -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return
	fi
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W '-d --dir -f --format -j --json -q --quiet -w --worker --edit --delete --strict --memory
		--no-wait --sync --ack --bulk --keep-log --skip-damage --now
		--channel --author -h --help -V --version' -- "$cur"))
}
complete -F _msgput msgput
