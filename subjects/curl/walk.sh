#!/usr/bin/env bash
# The walk of a hundred cheat sheets: a session token, what role there is, its keys, the instance's own keys.
# As they write it: no --fail, no timeout, nothing looked at. Only where they print does this differ: the
# role's document becomes credential_process JSON on stdout, the rest goes nowhere.

TOKEN=$(curl -s -X PUT "http://169.254.169.254/latest/api/token" -H "X-aws-ec2-metadata-token-ttl-seconds: 21600")

curl -s -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/latest/meta-data/iam/info >/dev/null

ROLE=$(curl -s -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/latest/meta-data/iam/security-credentials)

DOCUMENT=$(curl -s -H "X-aws-ec2-metadata-token: $TOKEN" "http://169.254.169.254/latest/meta-data/iam/security-credentials/$ROLE")

curl -s -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance >/dev/null

CREDENTIALS=$(jq 'select(.AccessKeyId) | {Version: 1, AccessKeyId, SecretAccessKey, SessionToken: .Token, Expiration}' <<<"$DOCUMENT")
if [[ -z $CREDENTIALS ]]; then
    echo "no credentials in the role's document" >&2
    exit 1
fi
printf '%s\n' "$CREDENTIALS"
