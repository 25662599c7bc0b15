"""aiobotocore as a session program: one session, asked by as many tasks as there are questions.

As with boto3, a BotoCoreError is the library saying that it failed, and so are the ClientError of a
service that it asks for credentials, the RuntimeError it raises on purpose when refreshed credentials
have already ended, and the three of the container endpoint that boto3's session.py names. Any other
exception is a crash and ends the process, RecursionError too, which Python has made a RuntimeError.
"""

import asyncio
import json
import os
import sys

import aiobotocore
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError


def say(message):
    print(json.dumps(message), flush=True)


async def resolve(session):
    credentials = await session.get_credentials()
    if credentials is None:
        return {"error": {"kind": "none", "message": "no credentials"}}
    frozen = await credentials.get_frozen_credentials()
    answer = {
        "Version": 1,
        "AccessKeyId": frozen.access_key,
        "SecretAccessKey": frozen.secret_key,
    }
    if frozen.token is not None:
        answer["SessionToken"] = frozen.token
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


async def answer(session, number):
    try:
        say({"id": number, **await resolve(session)})
    except (BotoCoreError, ClientError) as error:
        say({"id": number, "error": {"kind": "error", "message": str(error)}})
    except (RuntimeError, ValueError, FileNotFoundError) as error:
        if not is_refusal(error):
            raise
        say({"id": number, "error": {"kind": "error", "message": str(error)}})


async def main():
    say({"imdspec": 1, "name": "aiobotocore", "version": aiobotocore.__version__, "concurrency": 8})
    session = get_session()
    questions = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(questions), sys.stdin
    )
    async with asyncio.TaskGroup() as tasks:
        while line := await questions.readline():
            question = json.loads(line)
            if question["op"] == "resolve":
                tasks.create_task(answer(session, question["id"]))
            elif question["op"] == "new":
                session = get_session()
                say({"id": question["id"], "new": True})
            else:
                say({"id": question["id"], "unsupported": True})
        # What is still being resolved need not be waited for.
        sys.exit()


asyncio.run(main())
