#!/bin/sh
# The domain is the operator's; everything else is in nginx.conf. A certificate that was replaced is
# served within ten seconds: connections that are open go on with the one before.
set -eu
sed "s/@DOMAIN@/${PANEL_DOMAIN:?the domain is missing}/g" /etc/nginx/nginx.conf.in > /tmp/nginx.conf
nginx -t -q -c /tmp/nginx.conf
digest() { cat /keys/certificate /keys/key | sha256sum; }
follow_certificate() {
  served=$(digest)
  while sleep 10; do
    present=$(digest) || continue
    if [ "$present" != "$served" ] && nginx -t -q -c /tmp/nginx.conf; then
      nginx -c /tmp/nginx.conf -s reload && served=$present
    fi
  done
}
follow_certificate &
exec nginx -c /tmp/nginx.conf -g "daemon off;"
