import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonNodeParser;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;

/**
 * The AWS SDK for Java, version 2, as a session program: one DefaultCredentialsProvider for the life of
 * the process, resolved from as many threads as sign.
 *
 * <p>It hides nothing. An SdkException is the SDK saying that it failed; any other exception is a crash
 * and ends the process, as it would end the application.
 */
public final class Session {
    private static final JsonNodeParser PARSER = JsonNode.parser();

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Thread.setDefaultUncaughtExceptionHandler((thread, crash) -> {
            crash.printStackTrace();
            Runtime.getRuntime().halt(70);
        });
        say(hello -> hello.writeFieldName("imdspec").writeValue(1)
                .writeFieldName("name").writeValue("aws-sdk-java-v2")
                .writeFieldName("version").writeValue(VersionInfo.SDK_VERSION)
                .writeFieldName("concurrency").writeValue(8));

        AwsCredentialsProvider provider = DefaultCredentialsProvider.builder().build();
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader questions =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            var question = PARSER.parse(line).asObject();
            long id = Long.parseLong(question.get("id").asNumber());
            if (question.get("op").asString().equals("resolve")) {
                threads.execute(() -> resolve(id, provider));
            } else {
                say(answer -> answer.writeFieldName("id").writeValue(id)
                        .writeFieldName("unsupported").writeValue(true));
            }
        }
        // Questions that came with the end of the input are still answered, if that is quick: the
        // protocol gives a program two seconds to end.
        threads.shutdown();
        threads.awaitTermination(1, TimeUnit.SECONDS);
        Runtime.getRuntime().halt(0);
    }

    private static void resolve(long id, AwsCredentialsProvider provider) {
        AwsCredentials credentials;
        try {
            credentials = provider.resolveCredentials();
        } catch (SdkException failure) {
            say(answer -> answer.writeFieldName("id").writeValue(id)
                    .writeFieldName("error").writeStartObject()
                    .writeFieldName("kind").writeValue("error")
                    .writeFieldName("message").writeValue(String.valueOf(failure.getMessage()))
                    .writeEndObject());
            return;
        }
        say(answer -> {
            answer.writeFieldName("id").writeValue(id)
                    .writeFieldName("credentials").writeStartObject()
                    .writeFieldName("Version").writeValue(1)
                    .writeFieldName("AccessKeyId").writeValue(credentials.accessKeyId())
                    .writeFieldName("SecretAccessKey").writeValue(credentials.secretAccessKey());
            if (credentials instanceof AwsSessionCredentials session) {
                answer.writeFieldName("SessionToken").writeValue(session.sessionToken());
            }
            credentials.expirationTime().ifPresent(
                    end -> answer.writeFieldName("Expiration").writeValue(end.toString()));
            credentials.accountId().ifPresent(
                    account -> answer.writeFieldName("AccountId").writeValue(account));
            answer.writeEndObject();
        });
    }

    private static synchronized void say(Consumer<JsonWriter> members) {
        JsonWriter line = JsonWriter.create();
        line.writeStartObject();
        members.accept(line);
        line.writeEndObject();
        System.out.println(new String(line.getBytes(), StandardCharsets.UTF_8));
    }
}
