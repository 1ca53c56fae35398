/** Whoever watches gets the page whole and then what changes; nobody who watches can cost the pod memory. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createFrames } from '../../../../src/ops/page/frames.ts';
import { createWatchers, MOST_BEHIND, MOST_WATCHERS } from '../../../../src/ops/page/watchers.ts';
import { pageViewOf } from '../../../../src/ops/page/view/page-view.ts';
import { createMask } from '../../../../src/runtime/mask-secrets.ts';
import { fleet } from './example-fleet.ts';

function sink() {
  const emitter = new EventEmitter();
  const written: string[] = [];
  const state = { writableLength: 0, ended: 0, destroyed: 0 };
  return {
    ...{ written, state },
    get writableLength() {
      return state.writableLength;
    },
    write: (frame: Buffer | string) => written.push(String(frame)),
    end: () => (state.ended += 1),
    destroy: () => (state.destroyed += 1),
    on: (event: string, listener: () => void) => emitter.on(event, listener),
    close: () => emitter.emit('close'),
  };
}

describe('watchers', () => {
  it('each get the same, until they leave', () => {
    const watchers = createWatchers();
    const [one, two] = [sink(), sink()];
    watchers.add(one);
    watchers.add(two);
    watchers.send(Buffer.from('a'));
    one.close();
    watchers.send(Buffer.from('b'));
    expect([one.written, two.written]).toEqual([['a'], ['a', 'b']]);
    expect(watchers.count()).toBe(1);
  });

  it('that take too little are dropped, and only they', () => {
    const watchers = createWatchers();
    const [slow, well] = [sink(), sink()];
    watchers.add(slow);
    watchers.add(well);
    slow.state.writableLength = MOST_BEHIND;
    watchers.send(Buffer.from('a'));
    expect(slow.state.destroyed).toBe(0);
    slow.state.writableLength = MOST_BEHIND + 1;
    watchers.send(Buffer.from('b'));
    expect([slow.state.destroyed, slow.written, well.written]).toEqual([1, ['a'], ['a', 'b']]);
    expect(watchers.count()).toBe(1);
  });

  it('are bounded', () => {
    const watchers = createWatchers();
    for (let number = 0; number < MOST_WATCHERS; number += 1) {
      expect(watchers.mayAdd()).toBe(true);
      watchers.add(sink());
    }
    expect(watchers.mayAdd()).toBe(false);
  });

  it('are let go at the end', () => {
    const watchers = createWatchers();
    const one = sink();
    watchers.add(one);
    watchers.stop();
    expect([one.state.ended, watchers.count()]).toEqual([1, 0]);
  });
});

describe('frames', () => {
  const read = (frame: Buffer | undefined): Record<string, unknown> => {
    const text = String(frame);
    expect(text).toMatch(/^data: \{.*\}\n\n$/);
    return JSON.parse(text.slice(6)) as Record<string, unknown>;
  };
  const view = pageViewOf(fleet([{}]));

  it('begin with everything, and go on with what has changed', () => {
    const frames = createFrames((text) => text);
    expect(frames.all()).toBeUndefined();
    expect(read(frames.next(view))).toEqual(JSON.parse(JSON.stringify(view)));
    const changed = pageViewOf(fleet([{ inFlight: 13 }]));
    expect(Object.keys(read(frames.next(changed))).sort()).toEqual(['keyNumbers', 'pods']);
    expect(read(frames.all())).toEqual(JSON.parse(JSON.stringify(changed)));
  });

  it('hold no secret, at first and later', () => {
    const frames = createFrames(createMask(['planted"hunter2']));
    const alone = 'it said planted"hunter2';
    const sent = [
      frames.next(pageViewOf(fleet([{}], { alone }))),
      frames.next(pageViewOf(fleet([{ reasons: [alone] }], { alone }))),
      frames.all(),
    ];
    for (const frame of sent) {
      expect(JSON.stringify(read(frame))).toContain('it said [redacted]');
      expect(String(frame)).not.toContain('hunter2');
    }
  });

  it('begin anew where nobody has seen any', () => {
    const frames = createFrames((text) => text);
    frames.next(view);
    frames.forget();
    expect(frames.all()).toBeUndefined();
    expect(read(frames.next(view))).toEqual(JSON.parse(JSON.stringify(view)));
  });
});
