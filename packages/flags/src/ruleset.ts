import type { FlagDefinition, SegmentDefinition } from "./definition.ts";
import type { Revocation } from "./types.ts";

/** Rules as they were read, whole and at one version. */
export interface RulesetSnapshot {
  readonly version: string;
  readonly definitions: readonly FlagDefinition[];
  readonly segments: readonly SegmentDefinition[];
  /** When flags were switched off, as far as the source remembers; milliseconds since the epoch. */
  readonly revokedAt?: ReadonlyMap<string, number>;
}

/** The rules in force, and what was on before and no longer is. */
export class Ruleset {
  version = "";
  generation = 0;
  definitions: ReadonlyMap<string, FlagDefinition> = new Map();
  segments: ReadonlyMap<number, SegmentDefinition> = new Map();
  readonly revocations: Map<string, Revocation> = new Map();
  readonly #listeners = new Set<() => void>();
  #live: ReadonlySet<string> = new Set();

  /** Puts a snapshot into force, then tells the listeners. */
  apply(snapshot: RulesetSnapshot, now: number): void {
    const before = this.#live;
    this.generation++;
    this.version = snapshot.version;
    this.definitions = new Map(snapshot.definitions.map((definition) => [definition.name, definition]));
    this.segments = new Map(snapshot.segments.map((segment) => [segment.id, segment]));
    this.#live = new Set([...this.definitions.keys()].filter((flag) => this.#allows(flag)));
    for (const flag of before) if (!this.#live.has(flag)) this.#revoke(flag, snapshot.revokedAt?.get(flag) ?? now);
    for (const [flag, at] of snapshot.revokedAt ?? []) {
      // Switched off and on again between two looks, or before the first: known from the source alone.
      if (at > (this.revocations.get(flag)?.at ?? 0)) this.#revoke(flag, at);
    }
    for (const listener of this.#listeners) listener();
  }

  isLive(flag: string): boolean {
    return this.#live.has(flag);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #revoke(flag: string, at: number): void {
    this.revocations.set(flag, { at, generation: this.generation });
  }

  /** Switched on, and so is every prerequisite that must be on. Unleash allows one level of prerequisites. */
  #allows(flag: string): boolean {
    const definition = this.definitions.get(flag);
    if (!definition?.enabled) return false;
    return (definition.dependencies ?? []).every(
      ({ feature, enabled }) => enabled === false || this.definitions.get(feature)?.enabled === true,
    );
  }
}
