import { expect, test } from 'vitest';
import { createAnswerRoom } from '../../../../src/partners/coupon/answer-room.ts';

test('who finds no place waits, first come, first served; who gives up costs nobody a place', () => {
  const room = createAnswerRoom(2);
  const admitted: string[] = [];
  const guest = (name: string) => ({ admitted: () => void admitted.push(name) });
  const [third, fourth, fifth] = [guest('third'), guest('fourth'), guest('fifth')];
  expect(room.take(guest('first'))).toBe(true);
  expect(room.take(guest('second'))).toBe(true);
  for (const late of [third, fourth, fifth]) expect(room.take(late)).toBe(false);
  room.giveUp(third);
  expect(admitted).toEqual([]);
  room.leave();
  expect(admitted).toEqual(['fourth']);
  room.leave();
  room.leave();
  expect(admitted).toEqual(['fourth', 'fifth']);
  expect(room.take(guest('sixth'))).toBe(true);
  expect(room.take(guest('seventh'))).toBe(false);
});
