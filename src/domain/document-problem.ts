/**
 * What is wrong with a document, for the person who edits it: line and column (from 1), the key, and what was expected.
 * Every fault of a document is reported at once, in the order in which a reader meets it.
 */
export interface DocumentProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Such as `rules[0].when`; empty for the document as a whole. */
  readonly path: string;
  /** One sentence; that of an expression goes on with the expression's line and a caret below it. */
  readonly message: string;
}
