#!/bin/sh
# Written by `python -m deploy.describe` from the table of topics: do not edit.
# Usage: acls.sh BOOTSTRAP COMMAND_CONFIG
set -eu
acl() { /opt/kafka/bin/kafka-acls.sh --bootstrap-server "$bootstrap" --command-config "$config" "$@" >/dev/null; }
bootstrap="$1" config="$2" pids=""
acl --add --allow-principal 'User:registry' --operation 'Write' --operation 'Describe' --topic 'registry.members.v1' --topic 'registry.deliveries.v1' --topic 'registry.figures.v1' --transactional-id 'registry-relay' & pids="$pids $!"
acl --add --allow-principal 'User:registry' --operation 'Read' --operation 'Describe' --topic 'registry.members.v1' --topic 'campaigns.send-orders.v1' --topic 'registry.deliveries.v1' --topic 'campaigns.erasures.v1' --topic 'campaigns.projects.v1' --topic 'feedback.reports.v1' --group 'registry.registry.members.v1' --group 'registry.campaigns.send-orders.v1' --group 'registry.registry.deliveries.v1' --group 'registry.campaigns.erasures.v1' --group 'registry.campaigns.projects.v1' --group 'registry.feedback.reports.v1' & pids="$pids $!"
acl --add --allow-principal 'User:campaigns' --operation 'Write' --operation 'Describe' --topic 'campaigns.send-orders.v1' --topic 'campaigns.erasures.v1' --topic 'campaigns.projects.v1' --transactional-id 'campaigns-relay' & pids="$pids $!"
acl --add --allow-principal 'User:campaigns' --operation 'Read' --operation 'Describe' --topic 'registry.members.v1' --topic 'registry.deliveries.v1' --topic 'responses.collections.v1' --topic 'feedback.reports.v1' --group 'campaigns.registry.members.v1' --group 'campaigns.registry.deliveries.v1' --group 'campaigns.responses.collections.v1' --group 'campaigns.feedback.reports.v1' & pids="$pids $!"
acl --add --allow-principal 'User:responses' --operation 'Write' --operation 'Describe' --topic 'responses.collections.v1' --topic 'responses.proposals.v1' --transactional-id 'responses-relay' & pids="$pids $!"
acl --add --allow-principal 'User:responses' --operation 'Read' --operation 'Describe' --topic 'campaigns.projects.v1' --group 'responses.campaigns.projects.v1' & pids="$pids $!"
acl --add --allow-principal 'User:feedback' --operation 'Write' --operation 'Describe' --topic 'feedback.decisions.v1' --topic 'feedback.reports.v1' --transactional-id 'feedback-relay' & pids="$pids $!"
acl --add --allow-principal 'User:feedback' --operation 'Read' --operation 'Describe' --topic 'campaigns.projects.v1' --topic 'responses.collections.v1' --topic 'responses.proposals.v1' --topic 'registry.figures.v1' --group 'feedback.campaigns.projects.v1' --group 'feedback.responses.collections.v1' --group 'feedback.responses.proposals.v1' --group 'feedback.registry.figures.v1' & pids="$pids $!"
acl --add --allow-principal 'User:setup' --operation 'Create' --operation 'Describe' --operation 'DescribeConfigs' --operation 'AlterConfigs' --topic 'registry.members.v1' --topic 'campaigns.send-orders.v1' --topic 'registry.deliveries.v1' --topic 'campaigns.erasures.v1' --topic 'campaigns.projects.v1' --topic 'responses.collections.v1' --topic 'responses.proposals.v1' --topic 'feedback.decisions.v1' --topic 'feedback.reports.v1' --topic 'registry.figures.v1' & pids="$pids $!"
acl --add --allow-principal 'User:public' --operation 'Read' --operation 'Describe' --topic 'campaigns.projects.v1' --topic 'responses.collections.v1' --topic 'responses.proposals.v1' --topic 'feedback.decisions.v1' --topic 'feedback.reports.v1' --topic 'registry.figures.v1' & pids="$pids $!"
acl --add --allow-principal 'User:public' --operation 'Read' --group 'public.' --resource-pattern-type 'prefixed' & pids="$pids $!"
for pid in $pids; do wait "$pid"; done
echo "access control lists are in force"
