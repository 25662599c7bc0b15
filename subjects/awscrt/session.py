"""awscrt (aws-c-auth, in C) as a session program: the default chain with its cache, for the life of the process.

The library answers on its own threads with futures, so several resolves are under way at once. An
AwsCrtError is it saying that it failed; any other exception is a crash and ends the process.
"""

import json
import queue
import sys
import threading

import awscrt
from awscrt.auth import AwsCredentialsProvider
from awscrt.exceptions import AwsCrtError


def say(message):
    print(json.dumps(message), flush=True)


def outcome(future):
    try:
        credentials = future.result()
    except AwsCrtError as error:
        return {"error": {"kind": "error", "message": str(error)}}
    answer = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
    }
    if credentials.session_token is not None:
        answer["SessionToken"] = credentials.session_token
    if credentials.expiration is not None:
        answer["Expiration"] = credentials.expiration.isoformat()
    return {"credentials": answer}


def read_questions(inbox):
    for line in sys.stdin:
        inbox.put(json.loads(line))
    inbox.put(None)


def main():
    say({"imdspec": 1, "name": "awscrt", "version": awscrt.__version__, "concurrency": 8})
    provider = AwsCredentialsProvider.new_default_chain()
    # Questions and finished futures: all that may fail happens on the main thread, where it ends
    # the process.
    inbox = queue.SimpleQueue()
    threading.Thread(target=read_questions, args=[inbox], daemon=True).start()
    while (item := inbox.get()) is not None:
        if isinstance(item, tuple):
            number, future = item
            say({"id": number, **outcome(future)})
        elif item["op"] != "resolve":
            say({"id": item["id"], "unsupported": True})
        else:
            number = item["id"]
            future = provider.get_credentials()
            future.add_done_callback(lambda done, number=number: inbox.put((number, done)))


main()
