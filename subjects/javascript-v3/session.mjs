// The AWS SDK for JavaScript v3 as a session program: one client configuration for the life of the
// process, whose `credentials` every request is signed with. resolveAwsSdkSigV4Config is what each
// generated client calls, and what memoizes.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Packages are found through NODE_PATH, which `import` does not read.
const require = createRequire(import.meta.url);
const { resolveAwsSdkSigV4Config } = require("@aws-sdk/core/httpAuthSchemes");
const { defaultProvider } = require("@aws-sdk/credential-provider-node");
const { version } = require("@aws-sdk/credential-provider-node/package.json");

const mistakes = [TypeError, RangeError, ReferenceError];
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

// An invalid date is the SDK's to answer for; toISOString would throw.
const text = (date) => (Number.isNaN(date.getTime()) ? String(date) : date.toISOString());

async function answer(credentials, id) {
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = await credentials();
    // JSON leaves out what is undefined.
    say({
      id,
      credentials: {
        Version: 1,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration && text(expiration),
        AccountId: accountId,
      },
    });
  } catch (error) {
    // A rejected promise is how the SDK says that it failed, and Node's own refusals, which have a
    // code, come that way too. What is left is a mistake in the code: a crash, and left unhandled it
    // ends the process.
    if (mistakes.some((kind) => error instanceof kind) && !error.code) throw error;
    say({ id, error: { kind: "error", message: String(error?.message ?? error) } });
  }
}

say({ imdspec: 1, name: "javascript-v3", version, concurrency: 8 });
const client = resolveAwsSdkSigV4Config({
  credentialDefaultProvider: defaultProvider,
  region: async () => "us-east-1",
});
for await (const line of createInterface({ input: process.stdin })) {
  const { id, op } = JSON.parse(line);
  if (op === "resolve") answer(client.credentials, id);
  else say({ id, unsupported: true });
}
process.exit();
