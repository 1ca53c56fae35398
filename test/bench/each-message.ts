/**
 * What a Node team writes first: kafkajs's eachMessage, got, one event at a time in each partition, offsets
 * committed by the library. Beside it our pod is measured.
 */
import got from 'got';
import kafkajs from 'kafkajs';

const { KAFKA_BROKERS = '', TOPIC = '', GROUP = '', URL: couponUrl = '' } = process.env;

const client = got.extend({ prefixUrl: couponUrl, timeout: { request: 2000 } });
const kafka = new kafkajs.Kafka({
  brokers: KAFKA_BROKERS.split(','),
  clientId: 'each-message',
  logLevel: kafkajs.logLevel.ERROR,
});
const consumer = kafka.consumer({ groupId: GROUP });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 12,
  eachMessage: async ({ message }) => {
    const event = JSON.parse(message.value?.toString() ?? '') as Record<string, string>;
    const { userId = '', latitude = '', longitude = '', merchantId = '', eventId = '' } = event;
    await client
      .get('v1/coupons', {
        searchParams: { userId, latitude, longitude, merchantId },
        headers: { 'x-event-id': eventId },
      })
      .json();
  },
});
