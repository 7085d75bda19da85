# bash completion for msgd(1)
_msgd() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	--config)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	--sync)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'periodic group batch' -- "$cur"))
		return ;;
	--listen | --cql-port | --shard-port | --shards | --memory | --cache)
		return ;;
	esac
	if [[ $cur != -* ]]; then
		if [ "$COMP_CWORD" = 1 ]; then
			# shellcheck disable=SC2207
			COMPREPLY=($(compgen -W 'flush snapshot' -- "$cur"))
		else
			# shellcheck disable=SC2207
			COMPREPLY=($(compgen -d -- "$cur"))
		fi
		return
	fi
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W '-d --dir -q --quiet --config --check-config --listen --cql-port --shard-port
		--no-cql --shards --sync --memory --cache --no-compact --keep-log --skip-damage
		-h --help -V --version' -- "$cur"))
}
complete -o filenames -F _msgd msgd
