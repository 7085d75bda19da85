# bash completion for msgscan(1)
_msgscan() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-d | --dir)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	-f | --format)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'ndjson tsv dce' -- "$cur"))
		return ;;
	-o | --output)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'channel_id message_id author_id author content timestamp type flags
			edited_timestamp pinned nonce webhook_id reference mentions attachments
			reactions bucket' -- "$cur"))
		return ;;
	-n | --count | --before | --after | --around | --token-range | --now)
		return ;;
	esac
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W '-d --dir -f --format -n --count -o --output -q --quiet --before --after --around --reverse --all
		--token-range --stats --now -h --help -V --version' -- "$cur"))
}
complete -F _msgscan msgscan
