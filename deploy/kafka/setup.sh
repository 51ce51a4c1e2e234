#!/bin/sh
# Who may sign in to Kafka, and what each may do. Harmless when repeated.
# It speaks to the listener that only this container's network has.
set -eu
bootstrap=localhost:19092
none=/tmp/none.properties
: > "$none"
until /opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server "$bootstrap" >/dev/null 2>&1; do
  sleep 1
done
export KAFKA_HEAP_OPTS="-Xmx128m -XX:TieredStopAtLevel=1"
pids=""
for file in /keys/user_*; do
  /opt/kafka/bin/kafka-configs.sh --bootstrap-server "$bootstrap" --alter --entity-type users \
    --entity-name "${file#/keys/user_}" \
    --add-config "SCRAM-SHA-512=[password=$(cat "$file")]" >/dev/null &
  pids="$pids $!"
done
# A bare `wait` would take a user that could not be made for one that was.
for pid in $pids; do wait "$pid"; done
sh /acls.sh "$bootstrap" "$none"
