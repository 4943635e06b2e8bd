#!/bin/sh
# Prints a header with files as C strings, and what names their content in a
# Content-Security-Policy.
#
# usage: embed.sh FILE...
set -eu

# The hash of a file, in base64.
hash_of() {
	for byte in $(sha256sum <"$1" | cut -c 1-64 | sed 's/../0x& /g'); do
		# shellcheck disable=SC2059
		printf "\\$(printf %03o "$byte")"
	done | base64
}

echo "/* Made of $(for file; do basename "$file"; done | paste -s -d ' ' -) by embed.sh. */"
for file; do
	name=$(basename "$file" | tr . _)
	printf 'static const char %s[] =\n' "$name"
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' "$file"
	echo ';'
	printf '#define %s_HASH "sha256-%s"\n' "$(echo "$name" | tr '[:lower:]' '[:upper:]')" "$(hash_of "$file")"
done
