# bash completion for tombstat(1)
_tombstat() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	-k | --key | -n | --count | --fail | --gc-grace | --now | --page | --token-range | --warn)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-d --dir -j --json -k --key -n --count -q --quiet --exact --fail --fast
			--gc-grace --now --page --prometheus --token-range --warn -h --help -V --version' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _tombstat tombstat
