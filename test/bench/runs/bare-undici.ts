/** The floor: the same calls with nothing around them, through undici's Pool, so many at once; answers are parsed. */
import { Pool } from 'undici';

const CALLS = Number(process.env['CALLS']);
const IN_FLIGHT = Number(process.env['IN_FLIGHT']);
/** As in the benchmarks' events, so that the partner has as little to remember. */
const USERS = 1000;
const pool = new Pool(process.env['URL'] ?? '', { connections: IN_FLIGHT });
let next = 0;

async function work(): Promise<void> {
  while (next < CALLS) {
    const event = next;
    next += 1;
    const path = `/v1/coupons?userId=user-${String(event % USERS)}&latitude=52.41234&longitude=13.31234&merchantId=m-${String(event % 200)}`;
    const { body } = await pool.request({
      path,
      method: 'GET',
      headers: { 'x-event-id': `e-${String(event)}`, authorization: 'Bearer bench' },
    });
    JSON.parse(await body.text());
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, work));
await pool.close();
