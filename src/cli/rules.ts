/** `npm run rules -- check FILE | upload FILE`. */
import { connectFleet } from './rules/connect-fleet.ts';
import { runRulesCommand } from './rules/program.ts';

process.exitCode = await runRulesCommand(process.argv.slice(2), {
  env: process.env,
  connectFleet,
  say: (line) => console.log(line),
  complain: (line) => console.error(line),
});
