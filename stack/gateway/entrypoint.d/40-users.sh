#!/bin/sh
# Writes the gateway's users file; nginx does not start without it. Runs in the entrypoint of the nginx image.
#
#   GATEWAY_USER, GATEWAY_PASSWORD   one user; the password at least 12 characters
#   GATEWAY_DIR                      where nginx.conf looks for the file `users`
#   /etc/gateway/users               optional, mounted: further users, one `name:hash` a line, as `htpasswd` or
#                                    `openssl passwd -6` writes them
set -eu

refuse() {
    echo "gateway: $*" >&2
    exit 1
}

: "${GATEWAY_DIR:=/tmp/gateway}"
further="${GATEWAY_FURTHER_USERS:-/etc/gateway/users}"

[ -n "${GATEWAY_USER:-}" ] || refuse "GATEWAY_USER is empty; set it to the name to sign in with"
case "$GATEWAY_USER" in *:*) refuse "GATEWAY_USER must not contain a colon" ;; esac
[ -n "${GATEWAY_PASSWORD:-}" ] || refuse "GATEWAY_PASSWORD is not set; see .env.example"
[ "${#GATEWAY_PASSWORD}" -ge 12 ] || refuse "GATEWAY_PASSWORD has fewer than 12 characters; take a longer one"

umask 077
# Through standard input: arguments can be read by every process here.
hash=$(printf '%s\n' "$GATEWAY_PASSWORD" | openssl passwd -6 -stdin)
printf '%s:%s\n' "$GATEWAY_USER" "$hash" >"$GATEWAY_DIR/users"
if [ -s "$further" ]; then
    cat "$further" >>"$GATEWAY_DIR/users"
fi
