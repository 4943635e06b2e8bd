#!/usr/bin/env bash
# make deb: builds Debian's packages, for the versions of PostgreSQL that this
# system supports, in the directory above the sources, and has lintian look at
# them: it may find no error and nothing to warn of.
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/../common.sh"

install_packages() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends "$@" >/dev/null
}

main() {
	cd "$root"
	as_root apt-get -qq update
	install_packages install build-essential fakeroot debhelper lintian postgresql-server-dev-all
	pg_buildext updatecontrol
	install_packages build-dep ./
	dpkg-buildpackage -us -uc -b -tc
	lintian --fail-on error,warning ../pandelephant_*.changes
}

main </dev/null
