"""boto3 as a session program: one boto3.Session, asked as an application asks when it signs.

It hides nothing. A BotoCoreError is boto3 saying that it failed, and so are the ClientError of a service
that it asks for credentials and the RuntimeError it raises on purpose when refreshed credentials have
already ended. So are the three of the container endpoint that botocore's own tests ask for: the ValueError
for a host that is not allowed and for a token that is no header value, and the FileNotFoundError for a token
file that is not there. Any other exception is a crash and ends the process, as it would end the application:
so is RecursionError, which Python has made a RuntimeError.
The Session is made when it is first needed: what is wrong with the config file shows there.
"""

import json
import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def say(message):
    print(json.dumps(message), flush=True)


def resolve(session):
    credentials = session.get_credentials()
    if credentials is None:
        return {"error": {"kind": "none", "message": "no credentials"}}
    frozen = credentials.get_frozen_credentials()
    answer = {
        "Version": 1,
        "AccessKeyId": frozen.access_key,
        "SecretAccessKey": frozen.secret_key,
    }
    if frozen.token is not None:
        answer["SessionToken"] = frozen.token
    if getattr(frozen, "account_id", None) is not None:
        answer["AccountId"] = frozen.account_id
    expiry = getattr(credentials, "_expiry_time", None)
    if expiry is not None:
        answer["Expiration"] = expiry.isoformat()
    return {"credentials": answer}


def is_refusal(error):
    if isinstance(error, RuntimeError):
        return str(error).startswith("Credentials were refreshed")
    if isinstance(error, FileNotFoundError):
        return error.filename == os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    return str(error).startswith(("Unsupported host", "Auth token value"))


def main():
    say({"imdspec": 1, "name": "boto3", "version": boto3.__version__, "concurrency": 1})
    session = None
    for line in sys.stdin:
        question = json.loads(line)
        if question["op"] == "new":
            session = None
            say({"id": question["id"], "new": True})
            continue
        if question["op"] != "resolve":
            say({"id": question["id"], "unsupported": True})
            continue
        try:
            session = session or boto3.Session()
            say({"id": question["id"], **resolve(session)})
        except (BotoCoreError, ClientError) as error:
            say({"id": question["id"], "error": {"kind": "error", "message": str(error)}})
        except (RuntimeError, ValueError, FileNotFoundError) as error:
            if not is_refusal(error):
                raise
            say({"id": question["id"], "error": {"kind": "error", "message": str(error)}})


main()
