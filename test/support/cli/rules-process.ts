/** `rules …` as a process of its own, with S3 from the environment and without pods: for tests that kill it. */
import { runRulesCommand } from '../../../src/cli/rules/program.ts';

process.exitCode = await runRulesCommand(process.argv.slice(2), {
  env: process.env,
  connectFleet: async () => ({
    killSwitch: { read: async () => undefined, set: async () => {}, lift: async () => {} },
    announce: async () => {},
    livePods: async () => [],
    close: async () => {},
  }),
  say: (line) => console.log(line),
  complain: (line) => console.error(line),
});
