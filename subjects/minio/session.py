"""The MinIO SDK for Python as a session program: one IamAwsProvider, retrieved from at every request.

The SDK raises ValueError for answers it does not like and lets urllib3's errors through: that is how
it says that it failed. Any other exception is a crash and ends the process, as it would end the
application.
"""

import json
import sys

import minio
from minio.credentials import IamAwsProvider
from minio.error import MinioException
from urllib3.exceptions import HTTPError


def say(message):
    print(json.dumps(message), flush=True)


def resolve(provider):
    credentials = provider.retrieve()
    answer = {
        "Version": 1,
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
    }
    if credentials.session_token is not None:
        answer["SessionToken"] = credentials.session_token
    if credentials.expiration is not None:
        # The SDK keeps it in UTC without saying so.
        answer["Expiration"] = credentials.expiration.isoformat() + "Z"
    return {"credentials": answer}


def main():
    say({"imdspec": 1, "name": "minio", "version": minio.__version__, "concurrency": 1})
    provider = IamAwsProvider()
    for line in sys.stdin:
        question = json.loads(line)
        if question["op"] != "resolve":
            say({"id": question["id"], "unsupported": True})
            continue
        try:
            say({"id": question["id"], **resolve(provider)})
        except (ValueError, HTTPError, MinioException) as error:
            say({"id": question["id"], "error": {"kind": "error", "message": str(error)}})


main()
