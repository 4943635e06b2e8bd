# Completion of pe's arguments in bash.

_pe() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options
	local log='--recover --name --description --descriptor --recording --qcow --guest --help'

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'shell query info serve ingest export report trace help --help --version' -- "$word")
	fi
	case $before in
		--orm)
			mapfile -t COMPREPLY < <(compgen -W '1 2' -- "$word")
			return
			;;
		--tables)
			mapfile -t COMPREPLY < <(compgen -W native -- "$word")
			return
			;;
	esac
	case ${COMP_WORDS[1]} in
		query) options='--file --output --csv --json --jsonl --markdown --tuples-only --numbers-as-strings' ;;
		ingest) options='--replace --skip --relations --schema --orm --views --plain' ;;
		export) options='--orm --tables --json --csv --force' ;;
		report | trace) options='--output --force' ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${options:-} $log" -- "$word")
	elif [ "${COMP_WORDS[1]}" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W 'shell query info serve ingest export report trace' -- "$word")
	else
		compopt -o filenames 2>/dev/null
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -F _pe pe
