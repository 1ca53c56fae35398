// Sends the lines of standard input as Kafka's own Java client does, to one topic after the other: SERVERS, then
// TOPIC:CODEC or TOPIC:CODEC:transactional. Run from its source. Transactional: a hundred lines each, and between them
// transactions that are aborted.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

class ProduceLines {
  public static void main(String[] args) throws Exception {
    List<String> lines;
    try (var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      lines = input.lines().toList();
    }
    for (var target : Arrays.asList(args).subList(1, args.length)) {
      var parts = target.split(":");
      produce(args[0], parts[0], parts[1], parts.length > 2, lines);
    }
  }

  private static void produce(
      String servers, String topic, String codec, boolean transactional, List<String> lines) {
    var settings = new Properties();
    settings.put("bootstrap.servers", servers);
    settings.put("compression.type", codec);
    settings.put("linger.ms", "200");
    settings.put("batch.size", "200000");
    var text = "org.apache.kafka.common.serialization.StringSerializer";
    settings.put("key.serializer", text);
    settings.put("value.serializer", text);
    if (transactional) settings.put("transactional.id", topic);
    try (var producer = new KafkaProducer<String, String>(settings)) {
      if (transactional) producer.initTransactions();
      var sent = 0;
      for (var line : lines) {
        if (transactional && sent % 100 == 0) {
          if (sent > 0) producer.commitTransaction();
          if (sent % 500 == 0) abortOne(producer, topic);
          producer.beginTransaction();
        }
        producer.send(new ProducerRecord<>(topic, line));
        sent += 1;
      }
      if (transactional) {
        producer.commitTransaction();
        abortOne(producer, topic);
      }
    }
  }

  private static void abortOne(KafkaProducer<String, String> producer, String topic) {
    producer.beginTransaction();
    for (var n = 0; n < 50; n += 1) {
      producer.send(new ProducerRecord<>(topic, "{\"userId\":\"aborted\",\"n\":" + n + "}"));
    }
    producer.flush();
    producer.abortTransaction();
  }
}
