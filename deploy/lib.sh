# What deploy/run and deploy/test share. Sourced, not run.
# shellcheck shell=bash disable=SC2034
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Prints each argument on a line of its own.
say() { printf '%s\n' "$@"; }
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# What Swift needs to build and link Tandem on bare Debian 12.
build_packages=(
    binutils curl gcc git libc6-dev libcurl4-gnutls-dev libmicrohttpd-dev libsqlite3-dev libstdc++-12-dev pkg-config
)

# Installs the Debian packages named that are missing, and nothing where none is.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null ||
        fail "this system is not Debian. Install the equivalents of these packages yourself: $*"
    for package in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "packages are missing. As root, run: apt-get install ${missing[*]}"
        apt=(sudo "${apt[@]}")
    fi
    say "Installing Debian packages: ${missing[*]}"
    # Package lists may be old or missing; an update is tried once, and only then.
    "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && return 0
    "${apt[@]}" update >/dev/null || fail "apt-get update failed (see above); packages still missing: ${missing[*]}"
    "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install (see above): ${missing[*]}"
}

# Ends the script where no Swift of version 6.3 or newer is found.
need_swift() {
    local found=none
    if command -v swift >/dev/null; then
        found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    fi
    [[ $found =~ ^([0-9]+)\.([0-9]+)$ ]] &&
        ((BASH_REMATCH[1] > 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 3))) && return 0
    fail "Swift 6.3 or newer is needed; found: ${found:-an unknown version}.
Install the toolchain for Debian 12 as https://www.swift.org/install/linux/ says (swiftly, or the archive unpacked
under /opt/swift), see that \`swift --version\` answers, and run this again."
}

# Whether something listens on port $1 of this machine's loopback.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
