/** Anybody can leave at once; the others keep their order; who has left holds no link into the list. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLinkedList, type Linked } from '../../../../src/runtime/collections/linked-list.ts';

interface Item extends Linked<Item> {
  readonly id: number;
}

const item = (id: number): Item => ({ id, previous: undefined, next: undefined });

it('is like an array, whatever is appended and removed', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('append' as const), fc.nat())), (commands) => {
      const list = createLinkedList<Item>();
      const model: Item[] = [];
      for (const [at, command] of commands.entries()) {
        if (command === 'append') {
          const fresh = item(at);
          list.append(fresh);
          model.push(fresh);
        } else if (model.length > 0) {
          const [gone] = model.splice(command % model.length, 1);
          if (gone === undefined) continue;
          list.remove(gone);
          expect([gone.previous, gone.next]).toEqual([undefined, undefined]);
        }
        const forwards: Item[] = [];
        for (let one = list.first(); one !== undefined; one = one.next) forwards.push(one);
        expect(forwards).toEqual(model);
        expect(model.map(({ previous }) => previous?.id)).toEqual(
          model.map((_, place) => model[place - 1]?.id),
        );
      }
    }),
  );
});

it('takes an item back that has left', () => {
  const list = createLinkedList<Item>();
  const [a, b] = [item(1), item(2)];
  list.append(a);
  list.append(b);
  list.remove(a);
  list.append(a);
  expect([list.first(), b.next, a.previous]).toEqual([b, a, b]);
});
