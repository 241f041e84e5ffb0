/** One engine under measurement: ten no-op nodes in a line, and one node to ten and a join. */
export interface EngineSubject {
  readonly name: string;
  line(): Promise<unknown>;
  fan(): Promise<unknown>;
}
