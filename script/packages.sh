# Debian packages that Assay needs, and how to get them. Sourced by the scripts beside it.
#
# Packages are asked for by name from the machine's own Debian sources; a second run only looks them up.

packages_build="gcc libc6-dev binutils meson ninja-build pkg-config libsqlite3-dev libssl-dev libzstd-dev liblz4-dev liblzma-dev
zlib1g-dev libyaml-dev libmicrohttpd-dev libseccomp-dev libsystemd-dev libcurl4-openssl-dev libcurl4 libxlsxwriter-dev libargon2-dev libldap-dev libldap-2.5-0 libqrencode-dev libqrencode4 libmd4c-dev libmd4c0 libpango1.0-dev libpangocairo-1.0-0 fonts-dejavu-core ca-certificates musl-tools"

packages_test="check valgrind clang libclang-rt-14-dev curl openssl sqlite3 procps iproute2 libnss-extrausers nftables iptables kmod nodejs npm chromium-headless-shell golang-go
golang-golang-x-mod-dev python3-aiosmtpd slapd ldap-utils poppler-utils"

packages_bench="sqlite3 poppler-utils zstd wrk fossil lynis git restic borgbackup systemd-journal-remote python3"

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# A command that is there already (installed by other means) stands for its package.
is_installed() {
    case $1 in
    nodejs) command -v node >/dev/null 2>&1 && return 0 ;;
    npm) command -v npm >/dev/null 2>&1 && return 0 ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages PACKAGE...: only what is missing; says what it does.
install_packages() {
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing:$missing"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        say "assay: packages are missing and this user is not root and has no sudo; install them and run again"
        return 3
    fi
    as_root apt-get update -qq >/dev/null
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
