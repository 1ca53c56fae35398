/** Something that can be given up. */
export interface Abandonable {
  /** Called at most once. */
  abandon(): void;
}
