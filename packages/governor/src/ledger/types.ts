/** What `edit` makes of the fields that it was given. */
export interface Edited<T> {
  /** Fields to write; undefined removes one. Nothing is written when there are none. */
  readonly set?: Readonly<Record<string, string | undefined>>;
  readonly result: T;
}

/**
 * Where processes keep what they count together: named spaces of text fields. Every method may reject, with a
 * LedgerError or what storage throws, and ends in bounded time.
 */
export interface Ledger {
  /**
   * Reads fields of a space and writes what `edit` makes of them, as one: nobody else writes to the space between.
   * `edit` may be called again when somebody did. It must not keep what it is given.
   * A rejection leaves it open whether the write happened.
   */
  update<T>(
    space: string,
    fields: readonly string[],
    edit: (values: readonly (string | undefined)[]) => Edited<T>,
  ): Promise<T>;
  read(space: string, fields: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Every field of a small space. */
  readAll(space: string): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** Spaces that begin so hold what was measured, and are forgotten some time after they last changed. */
export const effectsPrefix = "effects:";
