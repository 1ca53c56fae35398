/** One cell of the per-key table after the other. */
import { report } from '../child.ts';
import { runExecutor, runWindow } from './per-key-contenders.ts';
import { createSimulatedClock, realClock } from './simulated-clock.ts';

const IN_FLIGHT = [100, 400, 1000, 1900, 3200];
const EVENTS = { simulated: 100_000, real: 60_000 };

const WINDOW_MS = 5000;

const rows = [];
for (const inFlight of IN_FLIGHT) {
  const simulated = await runExecutor(createSimulatedClock(), EVENTS.simulated, inFlight);
  const ended = await runWindow(createSimulatedClock(), WINDOW_MS, inFlight);
  const real = await runExecutor(realClock, EVENTS.real, inFlight);
  rows.push({
    inFlight,
    simulated: (EVENTS.simulated * 1000) / simulated.tookMs,
    ofBound: EVENTS.simulated / simulated.boundEvents,
    window: (ended * 1000) / WINDOW_MS,
    real: (EVENTS.real * 1000) / real.tookMs,
    realOfBound: EVENTS.real / real.boundEvents,
  });
}
report(rows);
