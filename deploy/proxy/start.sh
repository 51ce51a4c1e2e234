#!/bin/sh
# The domain is the operator's; everything else is in nginx.conf.
set -eu
sed "s/@DOMAIN@/${PANEL_DOMAIN:?the domain is missing}/g" /etc/nginx/nginx.conf.in > /tmp/nginx.conf
exec nginx -c /tmp/nginx.conf -g "daemon off;"
