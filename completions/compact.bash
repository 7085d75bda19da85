# bash completion for compact(1)
_compact() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir | -o | --output)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	--strategy)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'stcs twcs lcs ucs bucket' -- "$cur"))
		return ;;
	--to)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'me nb' -- "$cur"))
		return ;;
	--compression)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'lz4 zstd deflate snappy none' -- "$cur"))
		return ;;
	--drop-partitions | --keep-partitions)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	--key | --token-range | --drop-bucket | --older-than | --gc-grace | --now | --split | --rate | --jobs)
		return ;;
	esac
	if [[ $cur == -* ]]; then
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W '-d --dir -j --json -o --output -q --quiet --major --strategy --single --key
			--token-range --drop-bucket --older-than --drop-partitions --keep-partitions
			--drop-ghosts --gc-grace --no-purge --now --offline --to --compression --split --dry-run
			--rate --no-idle --jobs --wait --verify --no-verify -h --help -V --version' -- "$cur"))
	else
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _compact compact
