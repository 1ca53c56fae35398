/**
 * What a Node team writes first: kafkajs's eachMessage, got, one event at a time in each partition, offsets
 * committed by the library. Beside it our pod is measured.
 */
import got from 'got';
import { openSubscribed, PARTITIONS_AT_ONCE } from './subscribed.ts';

const { URL: couponUrl = '' } = process.env;

const client = got.extend({ prefixUrl: couponUrl, timeout: { request: 2000 } });
const consumer = await openSubscribed('each-message');
await consumer.run({
  partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
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
