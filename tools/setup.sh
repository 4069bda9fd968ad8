# shellcheck shell=bash
# What ./demo and ./check share: finding and installing Debian packages and a Go toolchain, building,
# and running the bundled service. Sourced by bash; only setup_go changes the environment (PATH, GOFLAGS).
# Nothing here asks a question unless a person sits at the terminal, so it works in CI and without stdin.

# The agent's floor, and the toolchain that is fetched when there is none as new as that. The sums are
# the ones that sum.golang.org publishes for golang.org/toolchain@v0.0.1-VERSION.linux-ARCH.
readonly SETUP_GO_FLOOR=1.21
readonly SETUP_GO_VERSION=go1.26.8
declare -rA SETUP_GO_SUMS=(
	[amd64]='ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM='
	[arm64]='sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc='
)

# What the build needs, and what fetching a toolchain needs.
# shellcheck disable=SC2034
readonly -a SETUP_BUILD_PACKAGES=(
	autoconf automake pkg-config make gcc libc6-dev
	libncurses-dev libuv1-dev libcurl4-openssl-dev libjansson-dev libelf-dev libdw-dev libinih-dev libmicrohttpd-dev
	zlib1g-dev libzstd-dev libarchive-dev libprotobuf-c-dev protobuf-c-compiler
	ca-certificates curl unzip procps
)

# setup_c_files PATTERN: the tree's own C files of that name, those of every folder that the build knows.
setup_c_files() {
	local -a folders
	folders=(*/local.mk)
	find "${folders[@]%/local.mk}" -name "$1" | sort
}

setup_say() {
	printf '%s\n' "$*"
}

setup_warn() {
	printf '%s\n' "$*" >&2
}

# setup_cache prints the folder for what is fetched once and kept.
setup_cache() {
	local home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
	printf '%s/schedtop\n' "${XDG_CACHE_HOME:-${home:-/tmp}/.cache}"
}

# setup_missing PACKAGE… prints the packages that are not installed.
setup_missing() {
	local -A installed=()
	local name state
	while read -r name state; do
		[[ $state == installed ]] && installed[$name]=1
	done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
	for name; do
		[[ -n ${installed[$name]-} ]] || printf '%s\n' "$name"
	done
}

setup_as_root() {
	if ((EUID == 0)); then
		"$@"
	elif ! command -v sudo >/dev/null; then
		setup_warn "This needs root, and there is no sudo here. Run as root: $*"
		return 1
	elif [[ ${CI-} == true || ! -t 0 ]]; then
		sudo -n -- "$@" # Nobody is there to type a password.
	else
		sudo -- "$@"
	fi
}

# setup_packages LOG PACKAGE… installs what is missing, after listing it. Fails when that did not work;
# the caller decides whether to go on.
setup_packages() {
	local log=$1
	shift
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		setup_warn "This is not a Debian system: going on with what is here. On Debian it would be: $*"
		return 0
	fi
	local -a missing
	mapfile -t missing < <(setup_missing "$@")
	((${#missing[@]})) || return 0
	setup_say "Debian packages to install: ${missing[*]}"
	local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
	if ! setup_as_root "${apt[@]}" update >"$log" </dev/null 2>&1; then
		setup_warn "apt-get update failed; trying to install from the lists that are here."
	fi
	if ! setup_as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" \
		>>"$log" </dev/null 2>&1; then
		tail -n 20 "$log" >&2
		setup_warn "Installing packages failed; all of its output is in $log."
		return 1
	fi
}

# setup_unpack LOG PACKAGE fetches a Debian package and unpacks it into the cache instead of installing it, so
# that no service of it is started, and prints the folder that holds its usr/. Programs of a distribution that
# tests need, and nobody else: Prometheus is one.
setup_unpack() {
	local log=$1 package=$2 version target work
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		setup_warn "This is not a Debian system: $package can't be fetched."
		return 1
	fi
	version=$(apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p')
	if [[ -z $version ]]; then
		setup_as_root apt-get -q -o DPkg::Lock::Timeout=120 update >>"$log" </dev/null 2>&1
		version=$(apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p')
	fi
	target=$(setup_cache)/$package-${version//[^a-zA-Z0-9.+~-]/_}
	if [[ -n $version && ! -d $target ]]; then
		mkdir -p "${target%/*}" && work=$(mktemp -d "${target%/*}/fetch.XXXXXX") || return 1
		# apt checks the sum against its signed lists. Who else fetches it at the same time does no harm.
		if ! (cd "$work" && apt-get -q download "$package" && dpkg-deb -x ./*.deb tree) >>"$log" 2>&1 ||
			{ ! mv -T "$work/tree" "$target" 2>/dev/null && [[ ! -d $target ]]; }; then
			tail -n 5 "$log" >&2
		fi
		rm -rf "$work"
	fi
	if [[ -z $version || ! -d $target ]]; then
		setup_warn "Debian's package $package could not be fetched; all of apt's output is in $log."
		return 1
	fi
	printf '%s\n' "$target"
}

# setup_go_is_current GO: is it a Go as new as the floor?
setup_go_is_current() {
	local version
	version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
	[[ $version =~ ^(devel )?go1\.([0-9]+) ]] && ((BASH_REMATCH[2] >= ${SETUP_GO_FLOOR#1.}))
}

# setup_go_proxies prints the addresses of the module proxies to try, as Go itself would choose them.
setup_go_proxies() {
	local proxies=${GOPROXY-} file=${XDG_CONFIG_HOME:-${HOME-}/.config}/go/env
	if [[ -z $proxies ]] && command -v go >/dev/null; then
		proxies=$(cd / && go env GOPROXY 2>/dev/null)
	fi
	if [[ -z $proxies && -r $file ]]; then
		proxies=$(sed -n 's/^GOPROXY=//p' "$file")
	fi
	proxies=${proxies:-https://proxy.golang.org}
	grep -E '^(https?|file)://' <<<"${proxies//[,|]/$'\n'}"
}

# setup_tree_sum DIR PREFIX prints the sum that go.sum would hold for the files of a module: the
# SHA-256 of the sorted list of every file's SHA-256 and name (golang.org/x/mod/sumdb/dirhash, "h1:").
setup_tree_sum() {
	local hex
	hex=$(cd "$1" && find "$2" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum |
		sha256sum | cut -d' ' -f1) || return 1
	# shellcheck disable=SC2001
	printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" | base64
}

# setup_fetch_go DIR puts a current toolchain there. It comes as a module, golang.org/toolchain, from
# the module proxy, so that it works wherever Go modules do.
setup_fetch_go() {
	local target=$1 arch work prefix proxy fetched=
	case $(uname -m) in
		x86_64) arch=amd64 ;;
		aarch64) arch=arm64 ;;
		*)
			setup_warn "No Go >= $SETUP_GO_FLOOR here, and none to fetch for $(uname -m): install one."
			return 1
			;;
	esac
	prefix=golang.org/toolchain@v0.0.1-$SETUP_GO_VERSION.linux-$arch
	mkdir -p "${target%/*}" && work=$(mktemp -d "${target%/*}/fetch.XXXXXX") || return 1
	setup_say "Go >= $SETUP_GO_FLOOR is missing: fetching $SETUP_GO_VERSION through the module proxy into $target"
	while read -r proxy; do
		if curl -fsSL --netrc-optional --retry 3 -o "$work/go.zip" \
			"${proxy%/}/golang.org/toolchain/@v/${prefix#*@}.zip"; then
			fetched=1
			break
		fi
	done < <(setup_go_proxies)
	if [[ -z $fetched ]]; then
		setup_warn "No module proxy gave $prefix; set GOPROXY, or install Go >= $SETUP_GO_FLOOR."
	elif ! unzip -q "$work/go.zip" -d "$work"; then
		setup_warn "The toolchain's archive is damaged: $prefix."
	elif [[ $(setup_tree_sum "$work" "$prefix") != "${SETUP_GO_SUMS[$arch]}" ]]; then
		setup_warn "The toolchain's checksum is not the published one; it was thrown away."
	else
		# Module archives carry no execute bits.
		chmod +x "$work/$prefix"/bin/* "$work/$prefix"/pkg/tool/*/* &&
			mv -T "$work/$prefix" "$target" && rm -rf "$work"
		return
	fi
	rm -rf "$work"
	return 1
}

# setup_go puts a Go as new as the floor first in PATH, fetching one when there is none.
setup_go() {
	local fetched candidate flags
	fetched=$(setup_cache)/$SETUP_GO_VERSION
	for candidate in "$(command -v go)" /usr/local/go/bin/go /usr/lib/go-1.*/bin/go "$fetched/bin/go"; do
		if [[ -n $candidate && -x $candidate ]] && setup_go_is_current "$candidate"; then
			break
		fi
		candidate=
	done
	if [[ -z $candidate ]]; then
		rm -rf "$fetched"
		setup_fetch_go "$fetched" || return 1
		candidate=$fetched/bin/go
	fi
	PATH=${candidate%/*}:$PATH
	# A tree that belongs to another user makes git refuse, and go build with it.
	flags=$(cd / && go env GOFLAGS) || return 1
	export GOFLAGS="-buildvcs=false ${flags//-buildvcs=false/}"
}

# setup_build DIR TARGETS [OPTION…] builds the tree out of tree in DIR, configuring it when it
# is new or when the options changed. TARGETS is one word list for make. Later changes of configure.ac and the
# makefiles are make's own business.
setup_build() {
	local dir=$1 targets root
	read -ra targets <<<"$2"
	shift 2
	root=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
	mkdir -p "$dir" || return 1
	if [[ ! -x $root/configure || ! -f $root/Makefile.in ]]; then
		(cd "$root" && autoreconf -fi) || return 1
	fi
	if [[ ! -f $dir/Makefile || $(cat "$dir/.options" 2>/dev/null) != "$*" ]]; then
		(cd "$dir" && "$root/configure" "$@") || return 1
		printf '%s\n' "$*" >"$dir/.options"
	fi
	make -C "$dir" -j "$(nproc)" "${targets[@]}"
}

# setup_service_start PROGRAM LOG [FLAG…] starts the bundled service under its own load, waits until it says
# that it is up, and leaves its PID in SETUP_SERVICE.
SETUP_SERVICE=
setup_service_start() {
	local program=$1 log=$2 tries
	local -a leash=()
	shift 2
	# Even a script that is killed outright takes its service along.
	setpriv --pdeathsig TERM true 2>/dev/null && leash=(setpriv --pdeathsig TERM)
	"${leash[@]}" "$program" "$@" >"$log" 2>&1 </dev/null &
	SETUP_SERVICE=$!
	for ((tries = 0; tries < 1200; tries++)); do
		grep -q '^READY ' "$log" && return 0
		kill -0 "$SETUP_SERVICE" 2>/dev/null || break
		sleep 0.05
	done
	tail -n 5 "$log" >&2
	setup_warn "The bundled service did not come up; its output is in $log."
	setup_service_stop
	return 1
}

setup_service_stop() {
	[[ -n $SETUP_SERVICE ]] || return 0
	kill "$SETUP_SERVICE" 2>/dev/null
	wait "$SETUP_SERVICE" 2>/dev/null
	SETUP_SERVICE=
}
