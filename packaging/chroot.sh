# shellcheck shell=bash
# Clean Debian chroots by mmdebstrap, from where the apt of this machine gets its own packages. Sourced by bash. A chroot
# lives as long as the command that runs in it: mmdebstrap makes it below TMPDIR, mounts what it needs, and removes it in
# the end.

# chroot_sources prints the lines of sources.list for Debian's own archives among those of this machine.
chroot_sources() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian|//p' | sort -u
}

# chroot_possible says why there can be no chroot here, on stderr.
chroot_possible() {
	local program
	for program in mmdebstrap apt-get; do
		command -v "$program" >/dev/null || {
			echo "clean chroots need $program (Debian: apt-get install mmdebstrap)" >&2
			return 1
		}
	done
	if [[ -z $(chroot_sources) ]]; then
		echo "the apt of this machine knows no archive of Debian's: see \`apt-get update\`" >&2
		return 1
	fi
	if ((EUID != 0)) && ! mmdebstrap --unshare-helper true 2>/dev/null; then
		echo "clean chroots need root, or subordinate user IDs (subuid(5)) and user namespaces" >&2
		return 1
	elif ((EUID == 0)) && ! unshare --mount --pid --fork true 2>/dev/null; then
		echo "nothing can be mounted here, not even by root" >&2
		return 1
	fi
}

# chroot_run IN OUT ARCHITECTURES PACKAGES COMMAND… runs the command as root in a chroot with these packages. The files of
# the directory IN are in its /tree, where it runs, and what it leaves in /tree/result is put below OUT.
chroot_run() {
	local in=$1 out=$2 architectures=$3 packages=$4 command option
	local -a options=() files=("$in"/*) leash=()
	shift 4
	# What is mounted and what runs in there goes when this is ended, however that happens.
	((EUID != 0)) || leash=(unshare --mount --pid --fork --kill-child --mount-proc)
	printf -v command ' %q' "$@"
	# As apt reaches its archives here (proxies, clocks that are wrong), so it does in there.
	while IFS= read -r option; do
		options+=(--aptopt="$option")
	done < <(apt-config dump --format '%F "%v"%n' | grep -E '^Acquire::(http|https|Check-|Retries)[^ ]* "[^"]+"$')
	chroot_sources | "${leash[@]}" mmdebstrap --quiet --variant=apt --architectures="$architectures" \
		--include="${packages//[[:space:]]/,}" "${options[@]}" --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--aptopt='APT::Install-Recommends "false"' \
		--customize-hook="mkdir -p \"\$1/tree/result\"; chmod 0755 \"\$1/tree\"" \
		--customize-hook="copy-in$(printf ' %q' "${files[@]}") /tree" \
		--customize-hook="chroot \"\$1\" sh -c 'cd /tree && exec \"\$@\"' sh$command" \
		--customize-hook="sync-out /tree/result $(printf '%q' "$out")" \
		"$(chroot_suite)" /dev/null -
}

# chroot_suite prints the code name of the Debian that this machine has.
chroot_suite() {
	chroot_sources | awk '$3 !~ /-/ { print $3; exit }'
}
