/**
 * Property tests draw the same cases in every run, so that a red run names a change and not the luck of the draw.
 * PROPERTY_SEED=random (or a number) explores others: worth a run before a release, and after work on the engine.
 */
import fc from 'fast-check';

const wanted = process.env['PROPERTY_SEED'] ?? '20261122';
if (wanted !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wanted) });
