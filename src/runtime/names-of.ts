/** @returns a table's names in the order in which they stand in it. For names that are no whole numbers. */
export function namesOf<Table extends object>(table: Table): readonly (keyof Table & string)[] {
  return Object.keys(table) as (keyof Table & string)[];
}
