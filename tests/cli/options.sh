# An option of a program exists in many places at once: the table in its main.c, which --help, the
# usage line and getopt's string come from; its man page (SYNOPSIS and list); three completions; and,
# if the suite shares it, the table in ostraka(7).  For every program they must be the same.
# Prints what differs, and nothing when all is well.
PATH=$PATH:/usr/bin:/bin
M=$ROOT/man C=$ROOT/completions

# All lists have lines "LETTER LONG ARG": a letter or -, a name, and 1 if it takes an argument as a word of
# its own; --name[=ARG] has 0.

from_help() {
	"$1" --help </dev/null | sed -n \
		-e 's/^  -\(.\), --\([a-z0-9-]*\)$/\1 \2 0/p' \
		-e 's/^  -\(.\), --\([a-z0-9-]*\)  .*/\1 \2 0/p' \
		-e 's/^  -\(.\), --\([a-z0-9-]*\) [^ ].*/\1 \2 1/p' \
		-e 's/^      --\([a-z0-9-]*\)\[=.*/- \1 0/p' \
		-e 's/^      --\([a-z0-9-]*\)$/- \1 0/p' \
		-e 's/^      --\([a-z0-9-]*\)  .*/- \1 0/p' \
		-e 's/^      --\([a-z0-9-]*\) [^ ].*/- \1 1/p' | sort
}

# "-x" or "--long" a line, with " ARG" when one follows
from_usage() {
	"$1" --help </dev/null | sed -n '/^usage:/,/^$/p' | tr '\n' ' ' | grep -o '\[-[^]]*\]' |
		sed -e 's/^\[//' -e 's/\]$//' -e 's/\[=.*//' -e 's/ .*/ ARG/' |
		awk '/^-[^-]/ { a = $2; n = length($1); for (i = 2; i <= n; i++) print "-" substr($1, i, 1) (a ? " ARG" : ""); next } { print }' |
		sort
}

usage_wanted() {
	awk '{ print ($1 != "-" ? "-" $1 : "--" $2) ($3 ? " ARG" : "") }' | sort
}

from_man() {
	tr -d '\\' <"$M/$1.1" | awk '
		/^\.It Fl / {
			x = "-"; long = ""; arg = 0
			for (i = 3; i <= NF; i++) {
				if ($i == "Oo") break
				if ($i == "Ar") { arg = 1; break }
				else if ($i ~ /^-./) long = substr($i, 2)
				else if (length($i) == 1 && $i != ",") x = $i
			}
			print x, long, arg
		}'
	printf 'h help 0\nV version 0\n'
}

# options that SYNOPSIS names: "-x" or "--long"
from_synopsis() {
	tr -d '\\' <"$M/$1.1" | sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' | awk '
		{
			for (i = 1; i < NF; i++) {
				if ($i !~ /^\.?Fl$/ || $(i + 1) == "Ar")
					continue
				if ($(i + 1) ~ /^-./) print "-" $(i + 1)
				else for (j = 1; j <= length($(i + 1)); j++) print "-" substr($(i + 1), j, 1)
			}
		}' | sort -u
}

from_zsh() {
	sed -n \
		-e "s/^.*{-\(.\),--\([a-z0-9-]*\)}'\[[^]]*\]'.*/\1 \2 0/p" \
		-e "s/^.*{-\(.\),--\([a-z0-9-]*\)}'\[[^]]*\]:.*/\1 \2 1/p" \
		-e "s/^[[:space:]]*'--\([a-z0-9-]*\)=-\[[^]]*\]::.*/- \1 0/p" \
		-e "s/^[[:space:]]*'--\([a-z0-9-]*\)\[[^]]*\]'.*/- \1 0/p" \
		-e "s/^[[:space:]]*'--\([a-z0-9-]*\)\[[^]]*\]:.*/- \1 1/p" "$C/_$1" | sort
}

from_fish() {
	awk -v p="$1" '$1 == "complete" && $3 == p && / -l / {
		x = "-"; long = ""; arg = 0
		for (i = 4; i <= NF && $i != "-d" && $i != "-a"; i++) {
			if ($i == "-s") x = $++i
			else if ($i == "-l") long = $++i
			else if ($i == "-x" || $i == "-r") arg = 1
		}
		print x, long, arg
	}' "$C/$1.fish" | sort
}

# what the completion offers after a dash
from_bash() {
	bash -c '. "$1" && COMP_WORDS=("$2" -) COMP_CWORD=1 && "_$2" && printf "%s\n" "${COMPREPLY[@]}"' \
		- "$C/$1.bash" "$1" | sort
}

differ() {
	cmp -s "$2" "$3" || { echo "$1:"; diff "$2" "$3"; }
}

n=0
for main in "$ROOT"/cmd/*/main.c; do
	p=$(basename "$(dirname "$main")")
	from_help "$p" >help
	[ -s help ] || { echo "$p: --help lists no options"; continue; }
	n=$((n + 1))
	usage_wanted <help >wanted
	from_usage "$p" >got && differ "$p: usage line" wanted got
	for f in "$M/$p.1" "$C/_$p" "$C/$p.fish" "$C/$p.bash"; do
		[ -f "$f" ] || echo "$p: no ${f#"$ROOT"/}"
	done
	from_man "$p" | sort -u >got && differ "$p: options of the man page" help got
	grep -v '^[hV] ' help | sed 's/^\(.\) \([^ ]*\) .*/\1 \2/' |
		awk '{ print $1 != "-" ? "-" $1 : "--" $2 }' | sort >wanted
	from_synopsis "$p" | grep -vx -e '-h' -e '-V' >got
	differ "$p: SYNOPSIS" wanted got
	from_zsh "$p" >got && differ "$p: zsh completion" help got
	from_fish "$p" >got && differ "$p: fish completion" help got
	awk '{ if ($1 != "-") print "-" $1; print "--" $2 }' help | sort >wanted
	from_bash "$p" >got && differ "$p: bash completion" wanted got

	# getopt agrees: an option without its argument is misuse, one that takes none is accepted
	while read -r x long arg; do
		case $arg$long in
		1*) "$p" --"$long" </dev/null >out 2>&1
			[ $? = 2 ] && grep -q 'requires an argument' out || echo "$p: --$long takes no argument" ;;
		0help | 0version) ;;
		0*) "$p" --"$long" --help </dev/null >out 2>&1 || echo "$p: --$long is not accepted" ;;
		esac
		[ "$x" = - ] || [ "$arg$long" = 0version ] || [ "$arg" = 1 ] ||
			"$p" -"$x" --help </dev/null >out 2>&1 || echo "$p: -$x is not accepted"
	done <help
	"$p" --no-such-option </dev/null >out 2>err
	[ $? = 2 ] && [ ! -s out ] && grep -q '^usage: ' err || echo "$p: no usage after a wrong option"
	"$p" --version | grep -qx "$p (ostraka) [0-9.]*" || echo "$p: --version"
	"$p" --help | awk -v p="$p" 'length($0) > 80 { print p ": --help is wider than 80 columns: " $0 }'
	"$p" -h >out && "$p" --help | cmp -s - out || echo "$p: -h and --help differ"
	"$p" -h >/dev/full 2>err
	[ $? = 2 ] && grep -q "^$p: standard output: " err || echo "$p: --help is lost silently"

	# shared options mean the same everywhere: lines "-x, --long" of the table in ostraka(7)
	tr -d '\\' <"$M/ostraka.7" | awk '/^\.It Fl . , -/ { print $3, substr($5, 2) }' >shared
	while read -r x long; do
		awk -v x="$x" -v long="$long" -v p="$p" '($1 == x) != ($2 == long) {
			print p ": -" $1 "/--" $2 " is -" x "/--" long " in ostraka(7)" }' help
	done <shared
done
[ -s shared ] || echo "ostraka(7): no table of shared options"
[ $n -gt 0 ] || echo "no programs"
