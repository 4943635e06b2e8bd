# Completion of pe's arguments in bash.

_pe() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options
	local commands='shell query info serve ingest export report trace tree strace follow flame coverage'
	local log='--recover --name --description --descriptor --recording --qcow --guest --help'

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands help --help --version" -- "$word")
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
		--class)
			mapfile -t COMPREPLY < <(compgen -W 'file process network signal ipc descriptor memory credentials clock' -- "$word")
			return
			;;
	esac
	case ${COMP_WORDS[1]} in
		query) options='-f --file -o --output --csv --json --jsonl --markdown --tuples-only --numbers-as-strings' ;;
		info) options='--ascii' ;;
		ingest) options='--replace -s --skip --relations --schema --orm --views --plain --keep' ;;
		export) options='--orm --tables --json --csv --force' ;;
		report | trace) options='-o --output --force' ;;
		tree) options='--dot --jsonl --ascii' ;;
		strace) options='-p --pid -f --follow --class -e --trace --tid -o --output' ;;
		follow) options='--text' ;;
		coverage) options='-p --pid -o --output --force' ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${options:-} $log" -- "$word")
	elif [ "${COMP_WORDS[1]}" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
	else
		compopt -o filenames 2>/dev/null
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -F _pe pe
