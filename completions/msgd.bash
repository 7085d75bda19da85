# bash completion for msgd(1)
_msgd() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	--sync)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'periodic group batch' -- "$cur"))
		return ;;
	--listen | --cql-port | --shard-port | --shards)
		return ;;
	esac
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W '-d --dir --listen --cql-port --shard-port --shards --sync
		-h --help -V --version' -- "$cur"))
}
complete -F _msgd msgd
