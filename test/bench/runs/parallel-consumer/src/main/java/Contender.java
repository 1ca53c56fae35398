import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.vertx.VertxParallelEoSStreamProcessor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisAPI;
import io.vertx.redis.client.RedisOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Confluent Parallel Consumer with its Vert.x module, in order of key. For an event it does what a pod does
 * on its hot path: parse the event, a GET at Redis, the coupon call, parse the answer, look at its coupons.
 *
 * <p>It validates nothing, counts nothing for an operator, and keeps nothing for a day on which something
 * fails. Everything is as its maintainers set it, but for the calls at once. All commands go over one
 * connection to Redis, one behind the other, as a pod's do. At SIGTERM it prints what it has counted.
 */
public final class Contender {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LongAdder withoutCoupons = new LongAdder();
  private final LongAdder excluded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final URI partner = URI.create(setting("URL"));
  private final WebClient web;
  private final RedisAPI redis;

  private Contender(WebClient web, RedisAPI redis) {
    this.web = web;
    this.redis = redis;
  }

  public static void main(String[] arguments) throws Exception {
    int inFlight = Integer.parseInt(setting("IN_FLIGHT"));
    Vertx vertx = Vertx.vertx();
    WebClient web = WebClient.create(vertx, new WebClientOptions().setMaxPoolSize(inFlight));
    RedisOptions options =
        new RedisOptions().setConnectionString(setting("REDIS_URL")).setMaxWaitingHandlers(16 * inFlight);
    var connected = Redis.createClient(vertx, options).connect().toCompletionStage().toCompletableFuture();
    Contender contender = new Contender(web, RedisAPI.api(connected.get()));

    Map<String, Object> consumer =
        Map.of(
            "bootstrap.servers", setting("KAFKA_BROKERS"),
            "group.id", setting("GROUP"),
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false");
    var byKey =
        ParallelConsumerOptions.<String, byte[]>builder()
            .consumer(new KafkaConsumer<>(consumer, new StringDeserializer(), new ByteArrayDeserializer()))
            .ordering(ProcessingOrder.KEY)
            .maxConcurrency(inFlight)
            .build();
    var processor = new VertxParallelEoSStreamProcessor<String, byte[]>(vertx, web, byKey);
    processor.subscribe(List.of(setting("TOPIC")));
    processor.vertxFuture(context -> contender.decide(context.value()));

    Runtime.getRuntime().addShutdownHook(new Thread(contender::report));
    new CountDownLatch(1).await();
  }

  private Future<Void> decide(byte[] value) {
    JsonNode event = parse(value);
    return redis
        .get("cooldown:{" + event.get("userId").asText() + "}")
        .compose(held -> call(event))
        .map(this::judge)
        .onFailure(fault -> failed.increment());
  }

  /** Nothing in the benchmarks' events has to be encoded for a URL; doing so would only cost. */
  private Future<HttpResponse<Buffer>> call(JsonNode event) {
    String path =
        "/v1/coupons?userId=" + event.get("userId").asText()
            + "&latitude=" + event.get("latitude").asText()
            + "&longitude=" + event.get("longitude").asText()
            + "&merchantId=" + event.get("merchantId").asText();
    return web.get(partner.getPort(), partner.getHost(), path)
        .putHeader("x-event-id", event.get("eventId").asText())
        .putHeader("authorization", "Bearer bench")
        .send();
  }

  private Void judge(HttpResponse<Buffer> answer) {
    if (answer.statusCode() != 200) throw new IllegalStateException("status " + answer.statusCode());
    JsonNode coupons = parse(answer.bodyAsBuffer().getBytes()).get("coupons");
    for (JsonNode coupon : coupons) {
      if (coupon.get("couponId").asText().isEmpty()) throw new IllegalStateException("a coupon has no id");
    }
    if (coupons.isEmpty()) withoutCoupons.increment();
    else excluded.increment();
    return null;
  }

  private void report() {
    String counts = "{\"withoutCoupons\":%s,\"excluded\":%s,\"failed\":%s}";
    System.out.println("RESULT " + String.format(counts, withoutCoupons, excluded, failed));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private static String setting(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) throw new IllegalArgumentException(name + ": not set");
    return value;
  }
}
