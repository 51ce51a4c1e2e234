import static com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES;
import static com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES;
import static com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES;
import static com.fasterxml.jackson.databind.MapperFeature.ALLOW_COERCION_OF_SCALARS;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What a panel decided, read from the topic feedback.decisions.v1 alone: docs/subscribing.md. */
public class PublishedDecisions {
    static final String TOPIC = "feedback.decisions.v1";
    static final byte[] TYPE = "decision.state".getBytes(UTF_8);
    static final JsonMapper JSON =
            JsonMapper.builder()
                    .disable(FAIL_ON_UNKNOWN_PROPERTIES) // events only grow
                    .enable(FAIL_ON_MISSING_CREATOR_PROPERTIES, FAIL_ON_NULL_CREATOR_PROPERTIES)
                    .disable(ALLOW_COERCION_OF_SCALARS)
                    .build();

    record Maker(String name, String role) {}

    record Decision(
            String proposal_id, int version, String outcome, String decided_on, Maker decided_by) {

        String line() {
            var by = decided_by.name + ", " + decided_by.role;
            return String.join("\t", proposal_id, "" + version, outcome, decided_on, by);
        }
    }

    public static void main(String[] arguments) throws IOException {
        var settings = new Properties();
        if (arguments.length > 1) {
            try (var file = Files.newBufferedReader(Path.of(arguments[1]))) {
                settings.load(file);
            }
        }
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("isolation.level", "read_committed");
        var out = new PrintStream(System.out, true, UTF_8);
        var bytes = new ByteArrayDeserializer(); // so that no record stops the reading
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            read(consumer).values().forEach(decision -> out.println(decision.line()));
        }
    }

    /** The newest version of every decision, by its proposal, as of now. */
    static Map<String, Decision> read(KafkaConsumer<byte[], byte[]> consumer) {
        var partitions =
                consumer.partitionsFor(TOPIC).stream()
                        .map(part -> new TopicPartition(TOPIC, part.partition()))
                        .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        var ends = consumer.endOffsets(partitions);
        var held = new TreeMap<String, Decision>();
        while (partitions.stream().anyMatch(part -> consumer.position(part) < ends.get(part))) {
            consumer.poll(Duration.ofMillis(500)).forEach(record -> take(record, held));
        }
        return held;
    }

    /** Keep the newest version of a decision, whatever the order in which versions come. */
    static void take(ConsumerRecord<byte[], byte[]> record, Map<String, Decision> held) {
        var type = record.headers().lastHeader("ce_type");
        if (type == null || !Arrays.equals(type.value(), TYPE)) {
            return; // a type that this program does not know
        }
        try {
            var read = JSON.readValue(record.value(), Decision.class);
            held.merge(
                    read.proposal_id,
                    read,
                    (known, now) -> now.version > known.version ? now : known);
        } catch (IOException | IllegalArgumentException error) {
            System.err.printf(
                    "%d@%d is malformed: %s%n",
                    record.partition(), record.offset(), error.getMessage());
        }
    }
}
