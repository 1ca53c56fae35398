/** An editor at the commands on rules: S3 in memory, pods and the kill switch as a test has them, all that is said. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KillSwitchFlag } from '../../../src/claims/kill-switch.ts';
import type { CommandContext, LivePodRules } from '../../../src/cli/rules/ports.ts';
import { runRulesCommand } from '../../../src/cli/rules/program.ts';
import { createMemoryStore, type MemoryStore } from '../documents/memory-store.ts';

export const RULES_KEY = 'rules/rules.yaml';

export interface RulesDesk {
  readonly store: MemoryStore;
  readonly said: string[];
  /** What was asked of the pods and of the kill switch, in order. */
  readonly asked: string[];
  pods: readonly LivePodRules[];
  flag: KillSwitchFlag | undefined;
  /** What pods do when they hear of an upload. */
  onAnnounce: () => void | Promise<void>;
  readonly context: CommandContext;
  /** Writes a file. @returns its path. */
  file(text: string, name?: string): string;
  run(...args: readonly string[]): Promise<number>;
  /** With a note. */
  upload(text: string, ...options: readonly string[]): Promise<number>;
  liveText(): string | undefined;
  text(): string;
  close(): void;
}

export function openRulesDesk(changes: Partial<CommandContext> = {}): RulesDesk {
  const directory = mkdtempSync(join(tmpdir(), 'rules-desk-'));
  const store = createMemoryStore();
  const said: string[] = [];
  const asked: string[] = [];
  const desk: RulesDesk = {
    ...{ store, said, asked, pods: [], flag: undefined },
    onAnnounce: () => {},
    context: {
      env: { RULES_S3_URI: `s3://bucket/${RULES_KEY}`, REDIS_URL: 'redis://unused:6379', USER: 'anna' },
      openBucket: () => ({ store, close: () => {} }),
      connectFleet: async () => {
        asked.push('connect');
        return {
          killSwitch: {
            read: async () => desk.flag,
            set: async (flag) => {
              asked.push('set');
              desk.flag = flag;
            },
            lift: async () => {
              asked.push('lift');
              desk.flag = undefined;
            },
          },
          announce: async () => {
            asked.push('announce');
            await desk.onAnnounce();
          },
          livePods: async () => desk.pods,
          close: async () => void asked.push('close'),
        };
      },
      say: (line) => void said.push(line),
      complain: (line) => void said.push(line),
      write: (bytes) => void said.push(Buffer.from(bytes).toString()),
      ...changes,
    },
    file(text, name = `${randomUUID()}.yaml`) {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    },
    run(...args) {
      said.length = 0;
      asked.length = 0;
      return runRulesCommand(args, desk.context);
    },
    upload: (text, ...options) => desk.run('upload', desk.file(text), '--note', 'why not', ...options),
    liveText() {
      const live = store.objects.get(RULES_KEY);
      return live && Buffer.from(live.bytes).toString();
    },
    text: () => said.join('\n'),
    close: () => rmSync(directory, { recursive: true }),
  };
  return desk;
}

export function rulesText(version: string, more = ''): string {
  return `version: ${version}\ncaps: [{ per: user, max: 1, window: 24h }]\n${more}`;
}
