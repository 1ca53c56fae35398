/**
 * For tests that only compute: they and what they start get less of the CPU than tests with processes and brokers of
 * their own, which wait most of their time and whose sessions end where they wait for the CPU, too.
 */
import { getPriority, setPriority } from 'node:os';

const NICENESS = 5;

// Back would need rights that a test run may lack.
if (getPriority() < NICENESS) setPriority(NICENESS);
