# bash completion for bucketcalc(1)
_bucketcalc() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-o | --output)
		# shellcheck disable=SC2207
		COMPREPLY=($(compgen -W 'operand id id_end time worker process increment bucket
			bucket_time first_id last_id channel_id token shard' -- "$cur"))
		return ;;
	-c | --channel | -s | --shards | --epoch | --bucket-days | --block | --now | --rate | --bytes | \
		--copies | --overhead | --years | --channel-rate | --limit)
		return ;;
	esac
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W '-c --channel -s --shards -j --json -o --output --range --capacity
		--epoch --bucket-days --block --now --rate --bytes --copies --overhead --years
		--channel-rate --limit -h --help -V --version' -- "$cur"))
}
complete -F _bucketcalc bucketcalc
