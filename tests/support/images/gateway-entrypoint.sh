#!/bin/sh
# What the gateway's configuration asks of the nginx image: templates filled in, the start scripts run, nginx started.
set -eu

resolvers=""
while read -r keyword address _; do
    [ "$keyword" != nameserver ] || resolvers="$resolvers $address"
done </etc/resolv.conf
export NGINX_LOCAL_RESOLVERS="${resolvers# }"

names=""
for name in $(env | sed -n 's/^\(GATEWAY_[A-Z]*\|[A-Z]*_UPSTREAM\|NGINX_LOCAL_RESOLVERS\)=.*/\1/p'); do
    names="$names \${$name}"
done
for template in /etc/nginx/templates/*.template; do
    target=${template##*/}
    envsubst "$names" <"$template" >"$NGINX_ENVSUBST_OUTPUT_DIR/${target%.template}"
done
for script in /docker-entrypoint.d/*.sh; do
    "$script"
done
exec "$@"
