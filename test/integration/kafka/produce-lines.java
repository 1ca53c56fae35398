// Sends the lines of standard input as Kafka's own Java client does: SERVERS TOPIC CODEC. Run from its source.

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
    try (var producer = new KafkaProducer<String, String>(settings);
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        producer.send(new ProducerRecord<>(args[1], line));
      }
    }
  }
}
