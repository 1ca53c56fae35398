// Sends the lines of standard input as Kafka's own Java client does: SERVERS TOPIC CODEC [transactional]. Run from
// its source. Transactional: a hundred lines each, and between them transactions that are aborted.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

class ProduceLines {
  public static void main(String[] args) throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("compression.type", args[2]);
    settings.put("linger.ms", "200");
    settings.put("batch.size", "200000");
    var text = "org.apache.kafka.common.serialization.StringSerializer";
    settings.put("key.serializer", text);
    settings.put("value.serializer", text);
    var transactional = args.length > 3;
    if (transactional) settings.put("transactional.id", args[1]);
    try (var producer = new KafkaProducer<String, String>(settings);
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      if (transactional) producer.initTransactions();
      var sent = 0;
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (transactional && sent % 100 == 0) {
          if (sent > 0) producer.commitTransaction();
          if (sent % 500 == 0) abortOne(producer, args[1]);
          producer.beginTransaction();
        }
        producer.send(new ProducerRecord<>(args[1], line));
        sent += 1;
      }
      if (transactional) {
        producer.commitTransaction();
        abortOne(producer, args[1]);
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
