/** Puts together what workers have counted, each of its own users. */
import {
  addBounds,
  GROUPINGS,
  MAX_DISAGREEMENTS,
  newGroup,
  type Agreement,
  type Changed,
  type Comparison,
  type Group,
} from './comparison.ts';
import { addIds } from './event-ids.ts';

/** @param maxIds of each number, as they were counted with. */
export function mergeInto(into: Comparison, part: Comparison, maxIds: number): void {
  const addChanged = (to: Changed, from: Changed): void => {
    addBounds(to, from);
    addIds(to.ids, from.ids, maxIds);
  };
  const addGroup = (to: Group, from: Group): void => {
    addBounds(to.before, from.before);
    addBounds(to.after, from.after);
    addChanged(to.gained, from.gained);
    addChanged(to.lost, from.lost);
  };

  into.events += part.events;
  into.fromMs = Math.min(into.fromMs, part.fromMs);
  into.untilMs = Math.max(into.untilMs, part.untilMs);
  into.redelivered += part.redelivered;
  into.late += part.late;
  addCounts(into.documents, part.documents);
  for (const [key, cell] of part.funnel) {
    const own = into.funnel.get(key) ?? { ...cell, count: 0, ids: { ids: [], atMs: [] } };
    into.funnel.set(key, own);
    own.count += cell.count;
    addIds(own.ids, cell.ids, cell.before === cell.after ? Math.min(maxIds, 5) : maxIds);
  }
  addChanged(into.gained, part.gained);
  addChanged(into.lost, part.lost);
  into.otherCoupon.count += part.otherCoupon.count;
  addIds(into.otherCoupon.ids, part.otherCoupon.ids, maxIds);
  for (const grouping of GROUPINGS) {
    const groups = into.groups[grouping];
    for (const [name, group] of part.groups[grouping]) {
      const own = groups.get(name) ?? newGroup();
      groups.set(name, own);
      addGroup(own, group);
    }
  }
  for (const side of ['before', 'after'] as const) {
    addBounds(into.pushes[side], part.pushes[side]);
    addBounds(into.pushedLater[side], part.pushedLater[side]);
    addCounts(into.texts[side], part.texts[side]);
    for (const [because, group] of part.unknown[side]) {
      const own = into.unknown[side].get(because) ?? {
        events: 0,
        least: 0,
        most: 0,
        ids: { ids: [], atMs: [] },
      };
      into.unknown[side].set(because, own);
      own.events += group.events;
      addChanged(own, group);
    }
    addAgreement(into.agreement[side], part.agreement[side]);
  }
}

function addAgreement(to: Agreement, from: Agreement): void {
  to.events += from.events;
  to.known += from.known;
  to.agreed += from.agreed;
  const room = MAX_DISAGREEMENTS - to.disagreements.length;
  to.disagreements.push(...from.disagreements.slice(0, room));
}

function addCounts(to: Map<string, number>, from: ReadonlyMap<string, number>): void {
  for (const [name, count] of from) to.set(name, (to.get(name) ?? 0) + count);
}
