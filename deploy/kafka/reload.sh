#!/bin/sh
# Kafka looks at a certificate's file again when it is told where the file is.
set -eu
export KAFKA_HEAP_OPTS="-Xmx128m -XX:TieredStopAtLevel=1"
for listener in clients subscribers; do
  /opt/kafka/bin/kafka-configs.sh --bootstrap-server localhost:19092 --alter \
    --entity-type brokers --entity-name 1 \
    --add-config "listener.name.$listener.ssl.keystore.location=/keys/keystore" >/dev/null
done
