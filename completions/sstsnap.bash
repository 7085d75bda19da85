# bash completion for sstsnap(1)
_sstsnap() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir | --from)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	-o | --output)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'name table sstables size true_size age files created_at expires_at
			added kept removed linked copied' -- "$cur"))
		return ;;
	--older-than | --now)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-d --dir -j --json -o --output -q --quiet --from --exact --all
			--older-than --wait --no-wait --now -h --help -V --version' -- "$cur"))
	elif [ "$COMP_CWORD" = 1 ]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'create list restore clear' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
	fi
}
complete -o filenames -F _sstsnap sstsnap
